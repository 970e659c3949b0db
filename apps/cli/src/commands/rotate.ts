import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { type RotatedModel, rotateModel } from "../conversion/rotate-model.ts";
import { readBytes } from "../files/input-file.ts";
import { makeFolder } from "../files/make-folder.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { folderOf, readConfig } from "../models/model-folder.ts";
import type { Interruption } from "../process/interruption.ts";
import { newTable } from "../render/new-table.ts";

interface Flags {
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Files beside a model that go with it, such as its tokenizer. */
const BESIDE = /\.(json|txt|model|jinja)$/;
/** Files that a rotated model has of its own, or that say where weights lie which it has not. */
const OWN = /^(config|.*\.index)\.json$/;

/** `papilio rotate`: a model that computes the same, whose weights lose less by rounding. */
export function rotateCommand(interruption: Interruption): Command {
  return new Command("rotate")
    .description(
      "Rotate the inputs of a model's dense layers by Hadamard matrices, before rounding.",
    )
    .argument(
      "<model>",
      "a folder with config.json (llama, gpt2, vit or bert) and safetensors files",
    )
    .requiredOption("--out <folder>", "the folder of the rotated model")
    .option("--force", FORCE_HELP)
    .option("--json", "print the layers as JSON")
    .addHelpText(
      "after",
      `
A weight W becomes (W H^T) H, the same matrix: H is a butterfly of two factors of signs, which few bits hold exactly, and
numbers of W H^T are all of a like size, also where W has outliers. Each layer takes a little longer. Files beside the
model, such as its tokenizer, are copied; folders are not.

Examples:
  papilio rotate gpt2 --out gpt2-rotated
  papilio quantize gpt2-rotated --dtype q4 --calibrate text.txt --out gpt2-rotated-q4/model.safetensors

${exitStatuses()}`,
    )
    .action((path: string, flags: Flags) => rotate(path, flags, interruption));
}

async function rotate(path: string, flags: Flags, interruption: Interruption): Promise<void> {
  const { out, force } = flags;
  const folder = await folderOf(path);
  const config = await readConfig(folder);
  const beside = (await readdir(folder, { withFileTypes: true }))
    .filter((file) => file.isFile() && BESIDE.test(file.name) && !OWN.test(file.name))
    .map(({ name }) => name);
  await makeFolder(out);
  const writer = "papilio rotate";
  const requests = (names: Iterable<string>): { path: string; writer: typeof writer }[] =>
    Array.from(names, (name) => ({ path: join(out, name), writer }));
  const known = ["config.json", ...beside];
  const outputs = await Outputs.open(requests(known), { inputs: [path], force, interruption });
  const rotated = await rotateModel(path, config, interruption.signal);
  await outputs.add(requests([...rotated.files.keys()].filter((name) => !known.includes(name))));
  const contents: [string, string | Uint8Array][] = [];
  for (const name of beside) contents.push([name, await readBytes(join(folder, name))]);
  contents.push(...rotated.files);
  await outputs.write(contents.map(([name, content]) => [join(out, name), content]));
  outputs.say(flags.json ? jsonOf(rotated, out) : tableOf(rotated, out));
}

function jsonOf({ layers }: RotatedModel, out: string): string {
  return JSON.stringify({ out, layers }, null, 2);
}

function tableOf({ layers, files }: RotatedModel, out: string): string {
  const table = newTable(["layer", "factors"]);
  for (const { path, product } of layers) table.push([path, product]);
  return `${table.toString()}\n\n${layers.length} layers are rotated: ${[...files.keys()].join(", ")} in ${out}`;
}
