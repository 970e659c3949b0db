"""Makes the models and adapters beside it: python3 make.py (numpy 2). Formulas in float64, of numbers in float32.

Each folder NAME-SIZE has a model for Hugging Face in base/, and adapters of one kind each: PEFT's in folders with
adapter_config.json, those of LyCORIS in lycoris.safetensors. expected.safetensors has the merged tensors in float64.

Sources: the code of PEFT (tuners/lora, loha, lokr, oft, boft) and LyCORIS (modules/locon, loha, lokr, diag_oft, boft).
"""

import json
import os
import struct

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
EPSILON = float(np.finfo(np.float32).eps)


def write(path, tensors):
    kinds = {np.dtype(np.float32): "F32", np.dtype(np.float64): "F64"}
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        raw = np.ascontiguousarray(tensor).tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(value, file, indent=2, sort_keys=True)
        file.write("\n")


class Draw:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def __call__(self, *shape, around=0.0, deviation=0.3):
        return (around + deviation * self.rng.standard_normal(shape)).astype(np.float32)


# Models: config.json, tensors, and which modules are adapted: their paths, and whether weights are [in, out].


def llama(n, hidden, draw):
    config = {"model_type": "llama", "vocab_size": 8, "hidden_size": n, "intermediate_size": hidden}
    config |= {"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1}
    config |= {"max_position_embeddings": 8, "tie_word_embeddings": False}
    layer = "model.layers.0."
    tensors = {"model.embed_tokens.weight": draw(8, n), "lm_head.weight": draw(8, n)}
    tensors["model.norm.weight"] = draw(n, around=1)
    for norm in ["input_layernorm", "post_attention_layernorm"]:
        tensors[f"{layer}{norm}.weight"] = draw(n, around=1)
    for name, rows, cols in [
        ("self_attn.q_proj", n, n),
        ("self_attn.k_proj", n // 2, n),
        ("self_attn.v_proj", n // 2, n),
        ("self_attn.o_proj", n, n),
        ("mlp.gate_proj", hidden, n),
        ("mlp.up_proj", hidden, n),
        ("mlp.down_proj", n, hidden),
    ]:
        tensors[f"{layer}{name}.weight"] = draw(rows, cols)
    return config, tensors, [f"{layer}self_attn.q_proj", f"{layer}mlp.down_proj"], False


def gpt2(n, _hidden, draw):
    config = {"model_type": "gpt2", "vocab_size": 8, "n_embd": n, "n_layer": 1, "n_head": 2, "n_positions": 8}
    layer = "transformer.h.0."
    tensors = {"transformer.wte.weight": draw(8, n), "transformer.wpe.weight": draw(8, n)}
    for norm in [f"{layer}ln_1", f"{layer}ln_2", "transformer.ln_f"]:
        tensors |= {f"{norm}.weight": draw(n, around=1), f"{norm}.bias": draw(n)}
    for name, rows, cols in [
        ("attn.c_attn", 3 * n, n),
        ("attn.c_proj", n, n),
        ("mlp.c_fc", 4 * n, n),
        ("mlp.c_proj", n, 4 * n),
    ]:
        tensors |= {f"{layer}{name}.weight": draw(cols, rows), f"{layer}{name}.bias": draw(rows)}
    return config, tensors, [f"{layer}attn.c_attn", f"{layer}mlp.c_proj"], True


def encoder(layer, n, hidden, draw, attention, norms):
    tensors = {}
    for name, rows, cols in [
        (f"{attention}.query", n, n),
        (f"{attention}.key", n, n),
        (f"{attention}.value", n, n),
        ("attention.output.dense", n, n),
        ("intermediate.dense", hidden, n),
        ("output.dense", n, hidden),
    ]:
        tensors |= {f"{layer}{name}.weight": draw(rows, cols), f"{layer}{name}.bias": draw(rows)}
    for norm in norms:
        tensors |= {f"{layer}{norm}.weight": draw(n, around=1), f"{layer}{norm}.bias": draw(n)}
    return tensors, [f"{layer}{attention}.query", f"{layer}intermediate.dense"]


def vit(n, hidden, draw):
    config = {"model_type": "vit", "image_size": 4, "patch_size": 2, "num_channels": 1, "hidden_size": n}
    config |= {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": hidden}
    norms = ["layernorm_before", "layernorm_after"]
    tensors, targets = encoder("vit.encoder.layer.0.", n, hidden, draw, "attention.attention", norms)
    tensors |= {"vit.embeddings.cls_token": draw(1, 1, n), "vit.embeddings.position_embeddings": draw(1, 5, n)}
    patches = "vit.embeddings.patch_embeddings.projection"
    tensors |= {f"{patches}.weight": draw(n, 1, 2, 2), f"{patches}.bias": draw(n)}
    tensors |= {"vit.layernorm.weight": draw(n, around=1), "vit.layernorm.bias": draw(n)}
    tensors |= {"classifier.weight": draw(3, n), "classifier.bias": draw(3)}
    return config, tensors, targets, False


def bert(n, hidden, draw):
    config = {"model_type": "bert", "vocab_size": 8, "hidden_size": n, "intermediate_size": hidden}
    config |= {"num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 8}
    norms = ["attention.output.LayerNorm", "output.LayerNorm"]
    tensors, targets = encoder("encoder.layer.0.", n, hidden, draw, "attention.self", norms)
    tensors |= {"embeddings.word_embeddings.weight": draw(8, n), "embeddings.position_embeddings.weight": draw(8, n)}
    tensors |= {"embeddings.token_type_embeddings.weight": draw(2, n)}
    tensors |= {"embeddings.LayerNorm.weight": draw(n, around=1), "embeddings.LayerNorm.bias": draw(n)}
    return config, tensors, targets, False


# Adapters: each gives its tensors, and what becomes of a weight [out, in].


def wide(x):
    return x.astype(np.float64)


def cayley(skew):
    """(I - S)(I + S)^-1"""
    eye = np.eye(skew.shape[-1])
    return (eye - skew) @ np.linalg.inv(eye + skew)


def block_diagonal(blocks):
    count, size, _ = blocks.shape
    matrix = np.zeros((count * size, count * size))
    for index, block in enumerate(blocks):
        at = slice(index * size, (index + 1) * size)
        matrix[at, at] = block
    return matrix


def decomposed(weight, magnitude, epsilon=0.0):
    """Rows, or columns, with these norms."""
    axis = 1 if magnitude.shape[0] == weight.shape[0] and magnitude.shape[-1] == 1 else 0
    return weight * (wide(magnitude) / (np.linalg.norm(weight, axis=axis, keepdims=True) + epsilon))


def low_rank(weight, rank, draw):
    rows, cols = weight.shape
    return draw(rank, cols), draw(rows, rank)


def hadamard(weight, rank, draw):
    rows, cols = weight.shape
    tensors = {"hada_w1_a": draw(rows, rank), "hada_w1_b": draw(rank, cols)}
    tensors |= {"hada_w2_a": draw(rows, rank), "hada_w2_b": draw(rank, cols)}
    first, second = [wide(tensors[f"hada_{w}_a"]) @ wide(tensors[f"hada_{w}_b"]) for w in ["w1", "w2"]]
    return tensors, first * second


def kronecker(weight, rank, draw, factored):
    rows, cols = weight.shape
    small = (2, 4)
    large = (rows // small[0], cols // small[1])
    tensors, factors = {}, []
    for name, (height, width) in [("w1", small), ("w2", large)]:
        if name in factored:
            a, b = draw(height, rank), draw(rank, width)
            tensors |= {f"lokr_{name}_a": a, f"lokr_{name}_b": b}
            factors.append(wide(a) @ wide(b))
        else:
            whole = draw(height, width)
            tensors[f"lokr_{name}"] = whole
            factors.append(wide(whole))
    return tensors, np.kron(*factors)


def peft_permutation(n, level, size):
    """As BOFTLayer.block_butterfly_perm has it, for more than one factor."""
    half, group = size // 2, size * 2**level
    chunks = group // half
    order = [*range(0, chunks, 2), *range(1, chunks, 2)]
    inner = np.concatenate([np.arange(half) + half * chunk for chunk in order])
    return np.concatenate([start + inner for start in range(0, n, group)])


def peft_boft(weight, draw, size, factors):
    rows, n = weight.shape
    tensors = {"boft_R": draw(factors, n // size, size, size), "boft_s": draw(rows, 1, around=1)}
    rotation = np.eye(n)
    for level in range(factors):
        raw = wide(tensors["boft_R"][level])
        blocks = block_diagonal(cayley((raw - raw.transpose(0, 2, 1)) / 2))
        permutation = np.eye(n) if factors == 1 else np.eye(n)[peft_permutation(n, level, size)]
        rotation = permutation @ blocks @ permutation.T @ rotation
    return tensors, (rotation @ weight.T).T * wide(tensors["boft_s"])


def lycoris_rotation(raw, constraint):
    skew = wide(raw) - np.swapaxes(wide(raw), -1, -2)
    norm = np.linalg.norm(skew) + 1e-8
    if 0 < constraint < norm:
        skew = skew * constraint / norm
    eye = np.eye(skew.shape[-1])
    return (eye + skew) @ np.linalg.inv(eye - skew)


def lycoris_boft(weight, draw, size, factors, alpha):
    """On the outputs: as bypass_forward has it, which trains."""
    n, _ = weight.shape
    tensors = {"oft_blocks": draw(factors, n // size, size, size), "rescale": draw(n, 1, around=1)}
    tensors["alpha"] = np.float32(alpha)
    rotations = lycoris_rotation(tensors["oft_blocks"], float(np.float32(alpha)) * n)
    merged = weight
    for level in range(factors):
        k = 2**level * (size // 2)
        x = merged.reshape(-1, 2, k, merged.shape[1]).swapaxes(1, 2).reshape(-1, size, merged.shape[1])
        x = np.einsum("bij,bjc->bic", rotations[level], x)
        merged = x.reshape(-1, k, 2, merged.shape[1]).swapaxes(1, 2).reshape(n, -1)
    return tensors, merged * wide(tensors["rescale"])


def lycoris_oft(weight, draw, size, alpha, rescaled):
    n, _ = weight.shape
    tensors = {"oft_blocks": draw(n // size, size, size), "alpha": np.float32(alpha)}
    rotations = lycoris_rotation(tensors["oft_blocks"], float(np.float32(alpha)) * n)
    merged = np.einsum("knm,knc->kmc", rotations, weight.reshape(-1, size, weight.shape[1])).reshape(n, -1)
    if rescaled:
        tensors["rescale"] = draw(n, 1, around=1)
        merged = wide(tensors["rescale"]) * merged
    return tensors, merged


def peft_oft(weight, draw, size, terms):
    _, n = weight.shape
    entries = draw(n // size, size * (size - 1) // 2, deviation=0.1)
    skew = np.zeros((n // size, size, size))
    rows, cols = np.triu_indices(size, 1)
    skew[:, rows, cols] = wide(entries)
    skew = skew - skew.transpose(0, 2, 1)
    if terms is None:
        blocks = cayley(skew)
    else:
        # I + 2S + 2S^2 + ... + S^(terms - 1), as _cayley_batch has it.
        powers = [np.linalg.matrix_power(skew, power) for power in range(terms)]
        blocks = powers[0] + sum(2 * power for power in powers[1:-1]) + powers[-1]
    return {"oft_R.weight": entries}, (block_diagonal(blocks) @ weight.T).T


def peft(kind, index, weight, draw, large):
    rank = [2, 3][large]
    first = index == 0
    if kind in ["lora", "dora"]:
        # The first module has a rank and an alpha of its own.
        own = rank + 1 if first else rank
        alpha = 5 if first else 4
        down, up = low_rank(weight, own, draw)
        tensors = {"lora_A.weight": down, "lora_B.weight": up}
        scale = alpha / (np.sqrt(own) if kind == "lora" and large else own)
        merged = weight + scale * (wide(up) @ wide(down))
        if kind == "dora":
            magnitude = draw(weight.shape[0], around=1)
            tensors["lora_magnitude_vector"] = magnitude
            merged = decomposed(merged, magnitude[:, None])
        return tensors, merged
    if kind == "loha":
        tensors, delta = hadamard(weight, rank, draw)
        return tensors, weight + 4 / rank * delta
    if kind == "lokr":
        tensors, delta = kronecker(weight, rank, draw, ["w1", "w2"] if large else ["w2"])
        return tensors, weight + 4 / rank * delta
    if kind == "oft":
        return peft_oft(weight, draw, 4, 5 if large else None)
    return peft_boft(weight, draw, 4, [2, 3][large] if first else 1)


def peft_config(kind, targets, fan_in_fan_out, large):
    rank = [2, 3][large]
    types = {"lora": "LORA", "dora": "LORA", "loha": "LOHA", "lokr": "LOKR", "oft": "OFT", "boft": "BOFT"}
    config = {"peft_type": types[kind], "base_model_name_or_path": "base", "inference_mode": True}
    names = [target.split(".")[-1] for target in targets]
    # Names that no other module ends with.
    if names[1] in ["dense", "c_proj"]:
        names[1] = ".".join(targets[1].split(".")[-2:])
    config["target_modules"] = names if not large else ".*(" + "|".join(name.replace(".", r"\.") for name in names) + ")"
    first = names[0]
    if kind in ["lora", "dora"]:
        config |= {"r": rank, "lora_alpha": 4, "rank_pattern": {first: rank + 1}, "alpha_pattern": {first: 5}}
        config |= {"use_rslora": kind == "lora" and bool(large), "use_dora": kind == "dora", "bias": "none"}
        config["fan_in_fan_out"] = fan_in_fan_out
    elif kind in ["loha", "lokr"]:
        config |= {"r": rank, "alpha": 4, "rank_pattern": {}, "alpha_pattern": {}}
    elif kind == "oft":
        config |= {"r": 0, "oft_block_size": 4, "coft": False, "block_share": False, "bias": "none"}
        config |= {"use_cayley_neumann": bool(large), "num_cayley_neumann_terms": 5}
    else:
        config |= {"boft_block_size": 4, "boft_block_num": 0, "bias": "none"}
        config |= {"boft_n_butterfly_factor": [2, 3][large]}
    return config


def lycoris(kind, weight, draw, large):
    rank = [2, 3][large]
    if kind == "lora":
        down, up = low_rank(weight, rank, draw)
        tensors = {"lora_down.weight": down, "lora_up.weight": up, "alpha": np.float32(1.5)}
        return tensors, weight + 1.5 / rank * (wide(up) @ wide(down))
    if kind == "loha":
        tensors, delta = hadamard(weight, rank, draw)
        tensors["alpha"] = np.float32(1.5)
        return tensors, weight + 1.5 / rank * delta
    if kind == "lokr":
        tensors, delta = kronecker(weight, rank, draw, ["w1", "w2"] if large else ["w2"])
        tensors["alpha"] = np.float32(1.5)
        # By columns, or by rows where there is a norm for each output.
        shape = [(1, weight.shape[1]), (weight.shape[0], 1)][large]
        tensors["dora_scale"] = draw(*shape, around=1)
        return tensors, decomposed(weight + 1.5 / rank * delta, tensors["dora_scale"], EPSILON)
    if kind == "oft":
        return lycoris_oft(weight, draw, 4, [0, 0.05][large], large)
    return lycoris_boft(weight, draw, 4, 2, [0, 0.05][large])


def as_array(tensors):
    return {name: np.asarray(tensor) for name, tensor in tensors.items()}


def make(name, model, n, hidden, large, seed):
    draw = Draw(seed)
    folder = os.path.join(HERE, f"{name}-{n}")
    config, base, targets, transposed = model(n, hidden, draw)
    write_json(f"{folder}/base/config.json", config)
    write(f"{folder}/base/model.safetensors", base)

    def adapt(change):
        tensors, expected = {}, {}
        for index, target in enumerate(targets):
            stored = wide(base[f"{target}.weight"])
            own, merged = change(index, stored.T if transposed else stored)
            tensors[target] = own
            expected[f"{target}.weight"] = np.ascontiguousarray(merged.T if transposed else merged)
        return tensors, expected

    for kind in ["lora", "dora", "loha", "lokr", "oft", "boft"]:
        tensors, expected = adapt(lambda index, weight: peft(kind, index, weight, draw, large))
        flat = {f"base_model.model.{path}.{key}": one for path, own in tensors.items() for key, one in own.items()}
        settings = peft_config(kind, targets, transposed, large)
        if kind == "boft":
            flat, expected, settings = one_target(flat, expected, settings, targets)
        if name == "vit":
            for part in ["classifier.weight", "classifier.bias"]:
                saved = draw(*base[part].shape)
                flat[f"base_model.model.{part}"] = saved
                expected[part] = wide(saved)
            settings["modules_to_save"] = ["classifier"]
        at = f"{folder}/peft-{kind}"
        write_json(f"{at}/adapter_config.json", settings)
        write(f"{at}/adapter_model.safetensors", as_array(flat))
        write(f"{at}/expected.safetensors", expected)
    for kind in ["lora", "loha", "lokr", "oft", "boft"]:
        tensors, expected = adapt(lambda _, weight: lycoris(kind, weight, draw, large))
        flat = {
            f"lycoris_{path.replace('.', '_')}.{key}": one for path, own in tensors.items() for key, one in own.items()
        }
        at = f"{folder}/lycoris-{kind}"
        write(f"{at}/lycoris.safetensors", as_array(flat))
        write(f"{at}/expected.safetensors", expected)


def one_target(flat, expected, settings, targets):
    """All modules of an adapter for BOFT have the same number of factors: the first module alone has several."""
    other = targets[1]
    flat = {key: one for key, one in flat.items() if other not in key}
    expected = {key: one for key, one in expected.items() if other not in key}
    names = settings["target_modules"]
    first = names[0] if isinstance(names, list) else names.split("(")[1].split("|")[0]
    return flat, expected, settings | {"target_modules": [first.replace("\\.", ".")]}


for number, (name, model) in enumerate([("llama", llama), ("gpt2", gpt2), ("vit", vit), ("bert", bert)]):
    make(name, model, 8, 16, 0, 10 * number)
    make(name, model, 16, 32, 1, 10 * number + 1)
