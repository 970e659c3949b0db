import type { LinearChoices, RunInputs } from "@papilio/nn";
import type { Graph } from "@papilio/nn/graph";
import type { Module } from "@papilio/nn/layers";
import type { LinearKind, ModelUnit } from "../results/model-results.ts";

/** A model with numbers, to be traced for so many images, tokens or others. */
export interface BuiltModel {
  readonly model: Module;
  trace(units: number): Graph;
}

/** How a run is of several sequences at once: of the same model, traced, with inputs and states of its own. */
export interface SequencesTogether extends Pick<ModelSubject, "given" | "past"> {
  trace(model: Module, units: number): Graph;
}

/** A model that is timed as a whole, with dense and with butterfly layers. */
export interface ModelSubject {
  readonly name: string;
  readonly description: string;
  /** Of what a run takes several. */
  readonly unit: ModelUnit;
  /** How many a run takes unless asked otherwise, and at most. */
  readonly units: number;
  readonly most: number;
  /**
   * How many are compared with the reference unless asked otherwise, a few seconds' work; null where a run
   * can only be compared as a whole.
   */
  readonly verified: number | null;
  build(linear: LinearKind, seed: number): BuiltModel;
  /** Inputs that are not drawn at random, for a run of `units` of which `verified` are compared. */
  given?(units: number, verified: number): RunInputs;
  /** How it is trained; undefined where it is not. */
  readonly training?: TrainingSubject | undefined;
  /** How many vectors the states of a run of so many units have before it: none unless given. */
  past?(units: number): number;
  /** A run of so many sequences, a token of each, where there are such. */
  together?(sequences: number): SequencesTogether;
}

/** A model that is trained: each vector of its output `logits` has a label. */
export interface TrainingSubject {
  readonly description: string;
  /** How many a step takes unless asked otherwise, and how many that of the small model. */
  readonly units: number;
  readonly verified: number;
  /** The whole model, or a small one of the same features and one layer, which the reference trains in seconds. */
  build(linear: LinearKind, seed: number, size: "whole" | "small"): BuiltModel;
}

/** Whether an output depends on one unit alone, so that those that repeat have equal outputs. */
export function isIndependent({ unit }: Pick<ModelSubject, "unit">): boolean {
  return unit === "images" || unit === "sentences";
}

/** What the layers of a model are made by. */
export function choose(linear: LinearKind, butterfly: LinearChoices): LinearChoices {
  return linear === "dense" ? {} : butterfly;
}
