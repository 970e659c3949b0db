import { describe, expect, it } from "vitest";
import { fileKind, wrongKind } from "./file-kind.ts";
import { writeNpy } from "./npy.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/** Bytes, each a character of Latin-1. */
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
const zip = (name: string): Uint8Array =>
  bytes(`PK\x03\x04${"\0".repeat(22)}${String.fromCharCode(name.length)}\0\0\0${name}content`);

/** A header of llama2.c: seven int32. */
function llama2c(...sizes: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from([...sizes, 0, 0]).buffer);
}

describe("the kind of a file", () => {
  it.each([
    ["npy", writeNpy(Float32Array.of(1), [1])],
    [
      "safetensors",
      writeSafetensors([{ name: "a", dtype: "F32", shape: [1], values: Float32Array.of(1) }]),
    ],
    ["matrix-market", bytes("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n")],
    ["matrix-market", bytes("%%matrixmarket matrix array real general\n")],
    ["png", bytes("\x89PNG\r\n\x1a\n")],
    ["jpeg", bytes("\xff\xd8\xff\xe0\0\x10JFIF")],
    ["gzip", bytes("\x1f\x8b\x08\0")],
    ["json-lines", bytes('{"record":"run"}\n{"record":"end"}\n')],
    ["json", bytes('{\n  "model_type": "llama"\n}\n')],
    ["json", bytes("[1, 2]")],
    ["llama2c", llama2c(64, 172, 5, 8, 4, 512, 512)],
    ["empty", new Uint8Array(0)],
  ])("is %s", (id, start) => {
    expect(fileKind(start)?.id).toBe(id);
  });

  it.each([
    ["GGUF", bytes("GGUF\x03\0\0\0")],
    ["PyTorch checkpoint", zip("archive/data.pkl")],
    ["PyTorch checkpoint", zip("model/data.pkl")],
    ["NumPy archive", zip("arr_0.npy")],
    ["zip archive", zip("readme.txt")],
    ["pickle", bytes("\x80\x04\x95\x10\0\0\0\0\0\0\0}")],
    ["pickle", bytes("\x80\x02}q\0")],
    ["HDF5", bytes("\x89HDF\r\n\x1a\n")],
    ["MATLAB", bytes("MATLAB 5.0 MAT-file, Platform")],
    ["Zstandard", bytes("(\xb5/\xfd\x04")],
    ["xz", bytes("\xfd7zXZ\0\0")],
    ["bzip2", bytes("BZh91AY")],
    ["GIF", bytes("GIF89a")],
    ["WebP", bytes("RIFF\x10\0\0\0WEBPVP8 ")],
    ["BMP", bytes("BM\x36\x10\0\0\0\0\0\0\x36\0")],
    ["TIFF", bytes("II*\0\x08\0\0\0")],
    ["PDF", bytes("%PDF-1.7\n")],
    ["Parquet", bytes("PAR1\x15\0")],
    ["tar", bytes(`${"\0".repeat(257)}ustar\x0000`)],
    ["Git LFS", bytes("version https://git-lfs.github.com/spec/v1\noid sha256:1\n")],
    ["web page", bytes("<!DOCTYPE html><html>")],
  ])("has a name where no reader takes it: %s", (name, start) => {
    expect(fileKind(start)).toMatchObject({
      id: "other",
      description: expect.stringContaining(name),
    });
  });

  it("is not guessed", () => {
    for (const start of [
      bytes("1,2,3\n4,5,6\n"),
      bytes("BMW,1\nFiat,2\n"),
      bytes("\x80\x05"),
      new Uint8Array(64),
      new Uint8Array(64).fill(255),
      llama2c(63, 172, 5, 8, 4, 512, 512),
    ]) {
      expect(fileKind(start)).toBeUndefined();
    }
  });

  it("is in the message of a reader that wants another", () => {
    expect(() => readSafetensors(bytes("%%MatrixMarket matrix array real general\n"))).toThrow(
      "The file is a Matrix Market file, not a safetensors file.",
    );
    expect(() => readSafetensors(bytes('{"a":1}\n{"b":2}\n'))).toThrow(/is JSON Lines, not/);
    expect(wrongKind(zip("a/data.pkl"), ["npy"], "a npy file")).toMatchObject({
      code: "FILE_HEADER",
      fix: expect.stringContaining("safetensors.torch.save_file"),
    });
    expect(wrongKind(new Uint8Array(0), ["npy"], "a npy file")?.code).toBe("FILE_TRUNCATED");
    expect(wrongKind(bytes("\x93NUMPY"), ["npy"], "a npy file")).toBeUndefined();
  });
});
