import {
  requireList,
  requireListOf,
  requireObject,
  requireOneOf,
  requireText,
  requireWhole,
} from "@papilio/butterfly/errors";
import type { Binding, Kernel, Step } from "../device/kernel.ts";

/** @throws PapilioError `OPTION_INVALID` unless it is a list of steps */
export function requireSteps(name: string, steps: unknown): void {
  requireListOf(name, steps, requireStep);
}

function requireStep(name: string, step: unknown): void {
  requireObject(name, step, "an object with kernel, buffers and role");
  const { kernel, buffers, role } = step as Step;
  requireOneOf(`The role of ${name}`, role, ["multiply", "rewrite"]);
  requireKernel(`The kernel of ${name}`, kernel);
  requireListOf(`The buffers of ${name}`, buffers, requireMemory);
  requireWhole(`The number of buffers of ${name}`, buffers.length, kernel.bindings.length);
}

function requireMemory(name: string, value: unknown): void {
  requireObject(name, value, "memory on the device", "size");
  const { size, buffer, offset } = value as Record<string, unknown>;
  requireWhole(`The size of ${name}`, size, 0);
  if (!("buffer" in value)) return;
  requireObject(`The buffer of ${name}`, buffer, "a GPUBuffer", "usage");
  requireWhole(`The offset of ${name}`, offset, 0);
}

function requireKernel(name: string, kernel: Kernel): void {
  requireObject(name, kernel, "a Kernel");
  const { label, enables, bindings, wgsl, workgroups } = kernel;
  requireText(`The label of ${name}`, label);
  requireText(`The WGSL of ${name}`, wgsl);
  requireListOf(`The extensions of ${name}`, enables, (part, extension) =>
    requireOneOf(part, extension, ["f16", "subgroups", "chromium_experimental_subgroup_matrix"]),
  );
  requireListOf(`The bindings of ${name}`, bindings, requireBinding);
  requireList(`The workgroups of ${name}`, workgroups);
  for (let axis = 0; axis < 3; axis++) requireWhole(`Workgroups of ${name}`, workgroups[axis], 0);
}

function requireBinding(name: string, binding: unknown): void {
  requireObject(name, binding, "an object with name, elements and access");
  const { name: own, elements, access } = binding as Binding;
  requireText(`The name of ${name}`, own);
  requireText(`The elements of ${name}`, elements);
  requireOneOf(`The access of ${name}`, access, ["read", "read-write"]);
}
