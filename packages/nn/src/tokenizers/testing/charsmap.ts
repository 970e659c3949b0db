/** Bits of a unit of a double array of darts-clone. */
const HAS_LEAF = 0x100;
const VALUE = 0x80000000;

interface Node {
  readonly children: Map<number, Node>;
  value?: number;
}

/** A table of SentencePiece's normalizer, as tokenizer.json has it, that replaces texts by others. */
export function charsmap(replacements: Readonly<Record<string, string>>): string {
  const encoder = new TextEncoder();
  const root: Node = { children: new Map() };
  const texts: number[] = [];
  for (const [from, to] of Object.entries(replacements)) {
    let node = root;
    for (const byte of encoder.encode(from)) {
      const next = node.children.get(byte) ?? { children: new Map() };
      node.children.set(byte, next);
      node = next;
    }
    node.value = texts.length;
    texts.push(...encoder.encode(to), 0);
  }
  const units: (number | undefined)[] = [0];
  const place = (node: Node, at: number, label: number): void => {
    const labels = [...(node.value === undefined ? [] : [0]), ...node.children.keys()];
    let base = 1;
    while (labels.some((one) => units[base ^ one] !== undefined)) base++;
    for (const one of labels) units[base ^ one] = 0;
    units[at] = ((at ^ base) << 10) | label | (node.value === undefined ? 0 : HAS_LEAF);
    if (node.value !== undefined) units[base] = (node.value | VALUE) >>> 0;
    for (const [byte, child] of node.children) place(child, base ^ byte, byte);
  };
  place(root, 0, 0);
  const size = Math.ceil(units.length / 256) * 256;
  const bytes = new Uint8Array(4 + 4 * size + texts.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 4 * size, true);
  for (const [index, unit] of units.entries()) view.setUint32(4 + 4 * index, unit ?? 0, true);
  bytes.set(texts, 4 + 4 * size);
  return btoa(String.fromCharCode(...bytes));
}
