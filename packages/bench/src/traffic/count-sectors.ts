import type { Step } from "@papilio/gpu-runtime/kernels";
import type { AccessRecorder, Invocation, Site } from "./traced-kernel.ts";
import { translateKernel } from "./translate-wgsl.ts";

/** Bytes that memory hands over at once, on GPUs of all makers. */
const SECTOR = 32;
/** Bytes of the smallest element. */
const GRANULE = 2;
/** Elements that are traced in a moment. */
const QUICK = 2 ** 19;
const ELEMENT_BYTES: Readonly<Record<string, number>> = { f16: 2, f32: 4, u32: 4, i32: 4 };

/** Bytes that a dispatch moves, by how much of them caches keep. */
export interface SectorCount {
  /** Bytes of the sectors of all bindings, each once: what moves between memory and a cache that holds all. */
  memory: number;
  /** Bytes of the sectors that a workgroup touches, each once for each workgroup. */
  workgroups: number;
  /** The bytes among those that the workgroups read or write. */
  needed: number;
  /** Bytes of the sectors that an access of a subgroup touches, each once for each access. */
  accesses: number;
  /** The bytes among those that the accesses read or write. */
  asked: number;
}

/** No bytes. */
export const NO_SECTORS: SectorCount = {
  memory: 0,
  workgroups: 0,
  needed: 0,
  accesses: 0,
  asked: 0,
};

export interface CountOptions {
  /** Invocations of a subgroup. */
  readonly subgroup: number;
  /**
   * How many workgroups to trace at least: of more, so many are drawn, and their counts scaled. More of them are
   * where they are quickly traced.
   */
  readonly least: number;
  /** What a binding of indices holds. */
  indices(binding: number): Uint32Array;
}

/**
 * Counts the sectors that a dispatch touches, by computing every address of its invocations.
 *
 * @throws TypeError for a kernel whose WGSL cannot be traced
 */
export function countSectors(
  { kernel, buffers }: Pick<Step, "kernel" | "buffers">,
  options: CountOptions,
): SectorCount {
  const traced = translateKernel(kernel);
  const bindings = kernel.bindings.map(({ elements }, index) => ({
    bytes: elementBytes(elements),
    indices: elements === "u32" ? options.indices(index) : undefined,
  }));
  const recorder = new Recorder(traced.sites, bindings, options.subgroup);
  const [width, height] = kernel.workgroups;
  let count = 0;
  for (const at of drawn(width * height)) {
    if (count >= options.least && recorder.touches >= QUICK) break;
    count++;
    const workgroup_id = { x: at % width, y: Math.floor(at / width), z: 0 };
    for (let first = 0; first < traced.workgroup; first += options.subgroup) {
      const end = Math.min(first + options.subgroup, traced.workgroup);
      for (let lane = first; lane < end; lane++) {
        recorder.lane = lane - first;
        const invocation: Invocation = {
          workgroup_id,
          local_invocation_index: lane,
          subgroup_invocation_id: lane - first,
        };
        traced.run(invocation, recorder);
        recorder.endLane();
      }
      recorder.endSubgroup();
    }
    recorder.endWorkgroup();
  }
  const scale = (width * height) / count;
  const { workgroups, needed, accesses, asked } = recorder.count;
  return {
    memory: buffers.reduce((sum, { size }) => sum + Math.ceil(size / SECTOR) * SECTOR, 0),
    workgroups: workgroups * scale,
    needed: needed * scale,
    accesses: accesses * scale,
    asked: asked * scale,
  };
}

/** The sums of two counts. */
export function addCounts(p: SectorCount, q: SectorCount): SectorCount {
  return {
    memory: p.memory + q.memory,
    workgroups: p.workgroups + q.workgroups,
    needed: p.needed + q.needed,
    accesses: p.accesses + q.accesses,
    asked: p.asked + q.asked,
  };
}

function elementBytes(type: string): number {
  const [, width = "1", name = type] = /^vec(\d)<(\w+)>$/.exec(type) ?? [];
  const bytes = ELEMENT_BYTES[name];
  if (bytes === undefined) throw new TypeError(`Elements of type ${type} cannot be traced.`);
  return Number(width) * bytes;
}

/** The numbers below `count`, each once, so that the first of them are spread over all. */
function* drawn(count: number): Generator<number> {
  // A step that has no factor in common with the sizes of grids, so that no phase of them is missed.
  const step = 0x9e3779b1 / 2 ** 32;
  const seen = new Set<number>();
  for (let turn = 1; seen.size < count; turn++) {
    const next = Math.floor(((turn * step) % 1) * count);
    if (seen.has(next)) continue;
    seen.add(next);
    yield next;
  }
}

interface TracedBinding {
  /** Of an element. */
  readonly bytes: number;
  readonly indices: Uint32Array | undefined;
}

/** Sectors by their number, each with the granules of it that were touched, as bits. */
type Touched = Map<number, number>;

class Recorder implements AccessRecorder {
  /** Which invocation of its subgroup runs. */
  lane = 0;
  /** Elements so far, as often as they were read or written. */
  touches = 0;
  readonly count: SectorCount = { ...NO_SECTORS };
  readonly #sites: readonly Site[];
  readonly #bindings: readonly TracedBinding[];
  readonly #subgroup: number;
  /** Elements that lanes touch at each site, one turn after the other: `[turn][lane]`, -1 for none. */
  readonly #elements: number[][];
  /** How often the lane was at each site. */
  readonly #turns: number[];
  readonly #touched: Touched[];

  constructor(sites: readonly Site[], bindings: readonly TracedBinding[], subgroup: number) {
    this.#sites = sites;
    this.#bindings = bindings;
    this.#subgroup = subgroup;
    this.#elements = sites.map(() => []);
    this.#turns = sites.map(() => 0);
    this.#touched = bindings.map(() => new Map());
  }

  touch(site: number, index: number): number {
    const elements = this.#elements[site] as number[];
    const turn = this.#turns[site] as number;
    this.#turns[site] = turn + 1;
    const at = turn * this.#subgroup;
    while (elements.length < at + this.#subgroup) elements.push(-1);
    elements[at + this.lane] = index;
    this.touches++;
    const { indices } = this.#bindingOf(site);
    return indices === undefined ? 0 : (indices[index] as number);
  }

  touchMatrix(site: number, first: number, stride: number, lines: number, length: number): number {
    // The whole subgroup does it together.
    if (this.lane !== 0) return 0;
    const elements: number[] = [];
    for (let line = 0; line < lines; line++) {
      for (let e = 0; e < length; e++) elements.push(first + line * stride + e);
    }
    this.touches += elements.length;
    this.#access(site, elements, 0, elements.length);
    return 0;
  }

  endLane(): void {
    this.#turns.fill(0);
  }

  endSubgroup(): void {
    for (let site = 0; site < this.#sites.length; site++) {
      const elements = this.#elements[site] as number[];
      for (let at = 0; at < elements.length; at += this.#subgroup) {
        this.#access(site, elements, at, at + this.#subgroup);
      }
      elements.length = 0;
    }
  }

  endWorkgroup(): void {
    for (const touched of this.#touched) {
      for (const granules of touched.values()) {
        this.count.workgroups += SECTOR;
        this.count.needed += GRANULE * bits(granules);
      }
      touched.clear();
    }
  }

  #bindingOf(site: number): TracedBinding {
    return this.#bindings[(this.#sites[site] as Site).binding] as TracedBinding;
  }

  /** Counts one access of a subgroup: the elements in a part of a list. */
  #access(site: number, elements: readonly number[], first: number, end: number): void {
    const { binding } = this.#sites[site] as Site;
    const { bytes } = this.#bindings[binding] as TracedBinding;
    const touched = this.#touched[binding] as Touched;
    const perSector = SECTOR / bytes;
    const ones = 2 ** (bytes / GRANULE) - 1;
    const own: Touched = new Map();
    for (let e = first; e < end; e++) {
      const element = elements[e] as number;
      if (element < 0) continue;
      const sector = Math.floor(element / perSector);
      const granules = ones << ((element % perSector) * (bytes / GRANULE));
      own.set(sector, (own.get(sector) ?? 0) | granules);
    }
    for (const [sector, granules] of own) {
      this.count.accesses += SECTOR;
      this.count.asked += GRANULE * bits(granules);
      touched.set(sector, (touched.get(sector) ?? 0) | granules);
    }
  }
}

/** How many bits are set, of 16. */
function bits(granules: number): number {
  let count = 0;
  for (let left = granules; left !== 0; left &= left - 1) count++;
  return count;
}
