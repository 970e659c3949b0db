import { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";

/** Milliseconds until a lost device is opened again, at first; twice as many after each failure. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;

/** The device of a server: opened at the start, and opened again whenever it is lost. */
export class DeviceSlot implements Disposable {
  readonly #open: () => Promise<Gpu>;
  #gpu: Gpu | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  private constructor(open: () => Promise<Gpu>) {
    this.#open = open;
  }

  /** @throws PapilioError what `open` throws */
  static async of(open: () => Promise<Gpu>): Promise<DeviceSlot> {
    const slot = new DeviceSlot(open);
    await slot.#fill();
    return slot;
  }

  /** Whether there is a device that was not lost. */
  get ready(): boolean {
    return this.#gpu?.state === "ready";
  }

  /** Bytes of the device's pool. */
  get memory(): { readonly used: number; readonly reserved: number } {
    const { inUse = 0, reserved = 0 } = this.#gpu?.memory.statistics ?? {};
    return { used: inUse, reserved };
  }

  /**
   * The device that there is now. Another one after a loss: what was compiled for the last one is gone.
   *
   * @throws PapilioError `GPU_LOST` until it is open again
   */
  get(): Gpu {
    if (this.#gpu !== undefined && this.ready) return this.#gpu;
    throw new PapilioError(
      "GPU_LOST",
      "The device was lost, and is being opened again.",
      "Try again in a moment.",
    );
  }

  async #fill(): Promise<void> {
    const gpu = await this.#open();
    if (this.#disposed) return gpu.dispose();
    this.#gpu = gpu;
    void gpu.lost.then(() => this.#again(FIRST_PAUSE));
  }

  #again(pause: number): void {
    this.#gpu?.dispose();
    this.#gpu = undefined;
    if (this.#disposed) return;
    this.#timer = setTimeout(() => {
      this.#fill().catch(() => this.#again(Math.min(2 * pause, LONGEST_PAUSE)));
    }, pause);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#gpu?.dispose();
    this.#gpu = undefined;
  }
}
