import { type Lifetime, planArena } from "@papilio/butterfly/planning";
import { type Lease, MemoryPool } from "@papilio/gpu-runtime/memory";
import { type Drawing, hue, LINE, line, MUTED, type Panel, rect, text } from "./svg.ts";

const WIDTH = 340;
const HEIGHT = 170;
const MEBIBYTE = 2 ** 20;
/** `GPUBufferUsage.STORAGE`, which only a browser defines. */
const STORAGE = 0x80;

/** What passes between five steps of a network, in MiB, and the steps that use it. */
const BETWEEN: readonly Lifetime[] = [
  { size: 6 * MEBIBYTE, first: 0, last: 1 },
  { size: 4 * MEBIBYTE, first: 0, last: 4 },
  { size: 8 * MEBIBYTE, first: 1, last: 2 },
  { size: 6 * MEBIBYTE, first: 2, last: 3 },
  { size: 3 * MEBIBYTE, first: 3, last: 4 },
];

/** Where the arena places what passes between steps. */
export function arenaDrawing(): Drawing {
  const { offsets, bytes, lowerBound } = planArena(BETWEEN, 256);
  const steps = Math.max(...BETWEEN.map(({ last }) => last)) + 1;
  const [left, top] = [46, 6];
  const across = (WIDTH - left) / steps;
  const down = (value: number): number => (value / bytes) * HEIGHT;
  const boxes = BETWEEN.map(({ size, first, last }, index) => {
    const y = top + HEIGHT - down((offsets[index] as number) + size);
    const x = left + first * across;
    const width = (last - first + 1) * across;
    return (
      rect(
        x + 1,
        y + 1,
        width - 2,
        down(size) - 2,
        hue(index),
        `rx="3" fill-opacity="0.35" stroke="${hue(index)}"`,
      ) +
      text(x + width / 2, y + down(size) / 2 + 4, `${size / MEBIBYTE} MiB`, { anchor: "middle" })
    );
  });
  const labels = Array.from({ length: steps }, (_, step) =>
    text(left + (step + 0.5) * across, top + HEIGHT + 18, `step ${step + 1}`, {
      anchor: "middle",
      fill: MUTED,
      size: 11,
    }),
  );
  const separate = BETWEEN.reduce((sum, { size }) => sum + size, 0);
  return {
    name: "arena",
    caption: `Five vectors that pass between five steps need ${separate / MEBIBYTE} MiB apart and ${bytes / MEBIBYTE} MiB in one arena; no arena has less than ${lowerBound / MEBIBYTE} MiB, which are in use at once.`,
    panels: [
      {
        title: "Addresses over steps",
        description: "Memory that is not needed at the same time has the same addresses",
        width: WIDTH,
        height: top + HEIGHT + 26,
        content: [
          line(left, top, left, top + HEIGHT, LINE),
          text(left - 6, top + 10, `${bytes / MEBIBYTE} MiB`, {
            anchor: "end",
            fill: MUTED,
            size: 11,
          }),
          text(left - 6, top + HEIGHT, "0", { anchor: "end", fill: MUTED, size: 11 }),
          ...boxes,
          ...labels,
        ].join(""),
      },
    ],
  };
}

/** A device that only counts, so that the pool's own code makes the drawing. */
function countingDevice(): GPUDevice {
  const device = {
    limits: { maxBufferSize: 2 ** 30 },
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createBuffer: ({ label }: { label: string }) => ({ label, destroy: () => undefined }),
  };
  return device as unknown as GPUDevice;
}

/** What a pool has in use and keeps while requests come and go. */
export function poolDrawing(): Drawing {
  const pool = new MemoryPool(countingDevice(), { budget: 24 * MEBIBYTE, keep: 8 * MEBIBYTE });
  const leases: Lease[] = [];
  const moments: { inUse: number; padding: number; free: number }[] = [];
  const note = (): void => {
    const { inUse, padding, free } = pool.statistics;
    moments.push({ inUse, padding, free });
  };
  const take = (mebibytes: number): void => {
    leases.push(pool.acquire(Math.ceil(mebibytes * MEBIBYTE), STORAGE, "request"));
    note();
  };
  const give = (): void => {
    leases.shift()?.release();
    note();
  };
  for (const mebibytes of [4.4, 3, 6.2]) take(mebibytes);
  give();
  give();
  for (const mebibytes of [4.6, 2.6]) take(mebibytes);
  give();
  give();
  take(6);
  give();
  give();
  const { hitRate, peakReserved, allocations, reuses } = pool.statistics;
  pool.dispose();
  return {
    name: "pool",
    caption: `A memory pool with a budget of 24 MiB that keeps 8 MiB, while ${allocations + reuses} requests are met and released: ${Math.round(100 * hitRate)} % of them by memory that was there. At most ${Math.round(peakReserved / MEBIBYTE)} MiB are reserved.`,
    panels: [stackedPanel(moments)],
  };
}

function stackedPanel(moments: readonly { inUse: number; padding: number; free: number }[]): Panel {
  const [left, top] = [46, 6];
  const most = 24 * MEBIBYTE;
  const width = (WIDTH - left) / moments.length;
  const down = (value: number): number => (value / most) * HEIGHT;
  const bars = moments.flatMap(({ inUse, padding, free }, index) => {
    let y = top + HEIGHT;
    return [inUse, padding, free].map((part, kind) => {
      y -= down(part);
      return rect(
        left + index * width + 1,
        y,
        width - 2,
        down(part),
        hue([1, 3, 4][kind] as number),
      );
    });
  });
  const legend = ["in use", "padding", "waits for reuse"].map((label, kind) => {
    const x = left + [0, 70, 150][kind]!;
    return (
      rect(x, top + HEIGHT + 14, 10, 10, hue([1, 3, 4][kind] as number)) +
      text(x + 15, top + HEIGHT + 23, label)
    );
  });
  return {
    title: "Bytes of the pool, request by request",
    description:
      "Bars of what is in use, of padding, and of what waits for reuse, below the budget",
    width: WIDTH,
    height: top + HEIGHT + 32,
    content: [
      line(left, top, WIDTH, top, MUTED),
      text(left - 6, top + 10, "24 MiB", { anchor: "end", fill: MUTED, size: 11 }),
      text(left + 4, top + 14, "budget", { fill: MUTED, size: 11 }),
      text(left - 6, top + HEIGHT, "0", { anchor: "end", fill: MUTED, size: 11 }),
      ...bars,
      line(left, top + HEIGHT, WIDTH, top + HEIGHT),
      ...legend,
    ].join(""),
  };
}
