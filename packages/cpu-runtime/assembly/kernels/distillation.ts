import { groupOffset, groupsBefore, loadGroup, stepOfFeatures, storeGroup } from "../lane-groups";
import { tileWidth } from "../layout";
import { exp, log } from "../vector-math";

/** The divergence of a student from its teacher, or its gradient, as `src/kernels/distillation.ts` says. */
@unmanaged
export class DistillationCall {
  student: usize;
  teacher: usize;
  /** A number for each vector: the loss, which is written, or its gradient, which is read. */
  loss: usize;
  /** Of the student; 0 for the loss. */
  dx: usize;
  vectors: i32;
  features: i32;
  temperature: f32;
  /** Tiles that are an item. */
  tilesEach: i32;
}

/** The loss, or its gradient where that is to be written. */
export function distillation(call: DistillationCall, item: i32, scratch: usize): void {
  const vectors = call.vectors;
  const isOne = tileWidth(vectors) === 1;
  const end = groupsBefore(vectors, item + 1, call.tilesEach);
  let group = groupsBefore(vectors, item, call.tilesEach);
  for (; group < end; group++) {
    if (call.dx === 0) {
      if (isOne) lossOfGroup<f32>(call, group, scratch);
      else lossOfGroup<v128>(call, group, scratch);
    } else if (isOne) {
      gradientOfGroup<f32>(call, group, scratch);
    } else {
      gradientOfGroup<v128>(call, group, scratch);
    }
  }
}

/** Of the features of a group, divided by the temperature and less the largest of their vector. */
@unmanaged
class Softened {
  mostOfStudent: v128;
  mostOfTeacher: v128;
  /** Sums of exponentials. */
  student: v128;
  teacher: v128;
  /** The sum of the teacher's exponentials times the teacher's less the student's exponents. */
  difference: v128;
}

function soften<T>(call: DistillationCall, offset: usize, softened: Softened): void {
  const step = stepOfFeatures(call.vectors);
  const student = call.student + offset;
  const end = student + <usize>call.features * step;
  const inverse = f32x4.splat(1 / call.temperature);
  let mostOfStudent = f32x4.splat(-Infinity);
  let mostOfTeacher = f32x4.splat(-Infinity);
  let teacher = call.teacher + offset;
  for (let at = student; at < end; at += step, teacher += step) {
    mostOfStudent = f32x4.pmax(mostOfStudent, loadGroup<T>(at));
    mostOfTeacher = f32x4.pmax(mostOfTeacher, loadGroup<T>(teacher));
  }
  let ofStudent = f32x4.splat(0);
  let ofTeacher = f32x4.splat(0);
  let difference = f32x4.splat(0);
  teacher = call.teacher + offset;
  for (let at = student; at < end; at += step, teacher += step) {
    const below = f32x4.mul(f32x4.sub(loadGroup<T>(at), mostOfStudent), inverse);
    const above = f32x4.mul(f32x4.sub(loadGroup<T>(teacher), mostOfTeacher), inverse);
    const power = exp(above);
    ofStudent = f32x4.add(ofStudent, exp(below));
    ofTeacher = f32x4.add(ofTeacher, power);
    // What has no share counts nothing, though its exponent may be infinite.
    const counts = f32x4.ne(power, f32x4.splat(0));
    const product = v128.and(f32x4.mul(power, f32x4.sub(above, below)), counts);
    difference = f32x4.add(difference, product);
  }
  softened.mostOfStudent = mostOfStudent;
  softened.mostOfTeacher = mostOfTeacher;
  softened.student = ofStudent;
  softened.teacher = ofTeacher;
  softened.difference = difference;
}

function lossOfGroup<T>(call: DistillationCall, group: i32, scratch: usize): void {
  const softened = changetype<Softened>(scratch);
  soften<T>(call, groupOffset(call.vectors, call.features, group), softened);
  const mean = f32x4.div(softened.difference, softened.teacher);
  const logarithms = f32x4.sub(log(softened.student), log(softened.teacher));
  const square = f32x4.splat(call.temperature * call.temperature);
  const to = call.loss + ((<usize>group) << 4);
  storeGroup<T>(to, f32x4.mul(square, f32x4.add(mean, logarithms)));
}

function gradientOfGroup<T>(call: DistillationCall, group: i32, scratch: usize): void {
  const step = stepOfFeatures(call.vectors);
  const offset = groupOffset(call.vectors, call.features, group);
  const softened = changetype<Softened>(scratch);
  soften<T>(call, offset, softened);
  const loss = loadGroup<T>(call.loss + ((<usize>group) << 4));
  const factor = f32x4.mul(loss, f32x4.splat(call.temperature));
  const ofStudent = f32x4.div(factor, softened.student);
  const ofTeacher = f32x4.div(factor, softened.teacher);
  const mostOfStudent = softened.mostOfStudent;
  const mostOfTeacher = softened.mostOfTeacher;
  const inverse = f32x4.splat(1 / call.temperature);
  const student = call.student + offset;
  const end = student + <usize>call.features * step;
  let teacher = call.teacher + offset;
  let dx = call.dx + offset;
  for (let at = student; at < end; at += step, teacher += step, dx += step) {
    const below = exp(f32x4.mul(f32x4.sub(loadGroup<T>(at), mostOfStudent), inverse));
    const above = exp(f32x4.mul(f32x4.sub(loadGroup<T>(teacher), mostOfTeacher), inverse));
    const wanted = f32x4.mul(above, ofTeacher);
    storeGroup<T>(dx, f32x4.sub(f32x4.mul(below, ofStudent), wanted));
  }
}
