/** Images and the windows over them. */
export interface WindowSize {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  /** Vectors that are allocated beyond those that count. */
  readonly spare: readonly [x: number, y: number];
}
