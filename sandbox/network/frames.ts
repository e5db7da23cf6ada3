// Cuts a byte stream into frames (2-byte big-endian length, then the message) inside one fixed buffer.
//
// The buffer never grows, holds at most one frame, and is wiped after each frame and at the end; so are the chunks
// that came in. A length above the limit cannot be recovered from: the stream is broken and the caller must hang up.
import { headerBytes, maxFrameBytes } from './iso8583.ts';

export class FrameReader {
  // Not from the shared pool: nobody else's data may lie next to a card number.
  readonly #buffer = Buffer.allocUnsafeSlow(headerBytes + maxFrameBytes).fill(0);
  #used = 0;

  /** Hands every complete frame to `onFrame`, which must be done with it when it returns: the bytes are wiped then.
   *  Returns false when the stream can no longer be understood. Effects: wipes `chunk`. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): boolean {
    let at = 0;
    try {
      while (at < chunk.length) {
        const wanted = this.#used < headerBytes ? headerBytes : headerBytes + this.#buffer.readUInt16BE(0);
        const taken = Math.min(wanted - this.#used, chunk.length - at);
        chunk.copy(this.#buffer, this.#used, at, at + taken);
        at += taken;
        this.#used += taken;
        if (this.#used < headerBytes) continue;
        const length = this.#buffer.readUInt16BE(0);
        if (length === 0 || length > maxFrameBytes) {
          this.wipe();
          return false;
        }
        if (this.#used < headerBytes + length) continue;
        try {
          onFrame(this.#buffer.subarray(headerBytes, headerBytes + length));
        } finally {
          this.wipe();
        }
      }
      return true;
    } finally {
      chunk.fill(0);
    }
  }

  /** True while a frame has begun and not ended. */
  get partial(): boolean {
    return this.#used > 0;
  }

  wipe(): void {
    this.#buffer.fill(0);
    this.#used = 0;
  }
}
