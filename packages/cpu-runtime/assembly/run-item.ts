import {
  ACCUMULATE,
  ACTIVATION_GRADIENT,
  ADD_POSITIONS,
  AGGREGATE,
  AGGREGATE_HEADS,
  AGGREGATE_LARGEST,
  APPEND,
  ATTENTION,
  ATTENTION_KEYS_GRADIENT,
  ATTENTION_OF_FEW,
  ATTENTION_QUERIES_GRADIENT,
  ATTENTION_STATISTICS,
  BIPOLAR_PLANES,
  BIPOLAR_PRODUCT,
  CHAIN,
  CONVOLUTION,
  CROSS_ENTROPY,
  DISTILLATION,
  DROPOUT,
  EDGE_ATTENTION,
  EDGE_ATTENTION_GRADIENT,
  ELEMENTWISE,
  FACTOR_GRADIENT,
  FOLD,
  GATHER_FEATURES,
  GATHER_VECTORS,
  JOIN_ATTENTION,
  LABEL_WEIGHTS,
  LARGEST_NEIGHBOUR,
  NORMALIZE,
  NORMALIZE_GRADIENT,
  NORMALIZE_PARAMETERS_GRADIENT,
  PACK,
  POOL,
  PRODUCT,
  REDUCE_VECTORS,
  ROTARY,
  ROWS_FROM_TILES,
  ROWS_PRODUCT,
  SCATTER_VECTORS,
  SOFTMAX,
  SOFTMAX_GRADIENT,
  SPARSE_LINEAR,
  SPREAD_LARGEST,
  SPREAD_VECTORS,
  SQUARED_ERROR,
  STEP_SETTINGS,
  SUM_OF_SQUARES,
  TILES_FROM_ROWS,
  UNFOLD,
  UPDATE,
} from "./kernel-ids";
import { ActivationGradientCall, activationGradient } from "./kernels/activation-gradient";
import { AddPositionsCall, addPositions } from "./kernels/add-positions";
import { AggregateCall, aggregate } from "./kernels/aggregate";
import { AggregateHeadsCall, aggregateHeads } from "./kernels/aggregate-heads";
import { AggregateLargestCall, aggregateLargest } from "./kernels/aggregate-largest";
import { AppendCall, append } from "./kernels/append";
import { attention } from "./kernels/attention/attention";
import { AttentionCall } from "./kernels/attention/attention-call";
import { attentionOfFew, joinAttention } from "./kernels/attention/few-queries";
import { AttentionGradientCall } from "./kernels/attention-gradient/gradient-call";
import { attentionKeysGradient } from "./kernels/attention-gradient/keys-gradient";
import { attentionQueriesGradient } from "./kernels/attention-gradient/queries-gradient";
import { attentionStatistics } from "./kernels/attention-gradient/statistics";
import { BipolarPlanesCall, bipolarPlanes } from "./kernels/bipolar-planes";
import { BipolarProductCall, bipolarProduct } from "./kernels/bipolar-product";
import { ChainCall, chain } from "./kernels/chain";
import { ConvertCall, rowsFromTiles, tilesFromRows } from "./kernels/convert";
import { ConvolutionCall, convolution } from "./kernels/convolution";
import { CrossEntropyCall, crossEntropy } from "./kernels/cross-entropy";
import { DistillationCall, distillation } from "./kernels/distillation";
import { DropoutCall, dropout } from "./kernels/dropout";
import { EdgeAttentionCall, edgeAttention } from "./kernels/edge-attention";
import {
  EdgeAttentionGradientCall,
  edgeAttentionGradient,
} from "./kernels/edge-attention-gradient";
import { ElementwiseCall, elementwise } from "./kernels/elementwise";
import { FactorGradientCall, factorGradient } from "./kernels/factor-gradient";
import { fold } from "./kernels/fold";
import { GatherFeaturesCall, gatherFeatures } from "./kernels/gather-features";
import { GatherVectorsCall, gatherVectors } from "./kernels/gather-vectors";
import { LabelWeightsCall, labelWeights } from "./kernels/label-weights";
import { LargestNeighbourCall, largestNeighbour } from "./kernels/largest-neighbour";
import { NormalizeCall, normalize } from "./kernels/normalize";
import { NormalizeGradientCall, normalizeGradient } from "./kernels/normalize-gradient";
import {
  NormalizeParametersGradientCall,
  normalizeParametersGradient,
} from "./kernels/normalize-parameters-gradient";
import { PackCall, pack } from "./kernels/pack";
import { PoolCall, pool } from "./kernels/pool";
import { product } from "./kernels/product";
import { ReduceVectorsCall, reduceVectors } from "./kernels/reduce-vectors";
import { RotaryCall, rotary } from "./kernels/rotary";
import { RowsProductCall, rowsProduct } from "./kernels/rows-product";
import { ScatterVectorsCall, scatterVectors } from "./kernels/scatter-vectors";
import { SoftmaxCall, softmax } from "./kernels/softmax";
import { SoftmaxGradientCall, softmaxGradient } from "./kernels/softmax-gradient";
import { SparseLinearCall, sparseLinear } from "./kernels/sparse-linear";
import { spreadLargest } from "./kernels/spread-largest";
import { SpreadVectorsCall, spreadVectors } from "./kernels/spread-vectors";
import { SquaredErrorCall, squaredError } from "./kernels/squared-error";
import { unfold } from "./kernels/unfold";
import {
  AccumulateCall,
  accumulate,
  StepSettingsCall,
  SumOfSquaresCall,
  stepSettings,
  sumOfSquares,
  UpdateCall,
  update,
} from "./kernels/update";
import { ProductCall } from "./products/product-call";
import { Windows } from "./windows";

/**
 * Computes one item of an operation.
 *
 * @param kernel one of `kernel-ids.ts`
 * @param call what the kernel's class of fields has, as TypeScript wrote it
 * @param scratch memory of the thread, of as many bytes as the kernel asked for
 */
export function runItem(kernel: i32, call: usize, item: i32, scratch: usize): void {
  switch (kernel) {
    case CHAIN:
      chain(changetype<ChainCall>(call), item, scratch);
      break;
    case TILES_FROM_ROWS:
      tilesFromRows(changetype<ConvertCall>(call), item, scratch);
      break;
    case ROWS_FROM_TILES:
      rowsFromTiles(changetype<ConvertCall>(call), item, scratch);
      break;
    case ATTENTION:
      attention(changetype<AttentionCall>(call), item, scratch);
      break;
    case ELEMENTWISE:
      elementwise(changetype<ElementwiseCall>(call), item, scratch);
      break;
    case SOFTMAX:
      softmax(changetype<SoftmaxCall>(call), item, scratch);
      break;
    case ROTARY:
      rotary(changetype<RotaryCall>(call), item, scratch);
      break;
    case APPEND:
      append(changetype<AppendCall>(call), item, scratch);
      break;
    case ATTENTION_OF_FEW:
      attentionOfFew(changetype<AttentionCall>(call), item, scratch);
      break;
    case ATTENTION_STATISTICS:
      attentionStatistics(changetype<AttentionGradientCall>(call), item, scratch);
      break;
    case ATTENTION_QUERIES_GRADIENT:
      attentionQueriesGradient(changetype<AttentionGradientCall>(call), item, scratch);
      break;
    case ATTENTION_KEYS_GRADIENT:
      attentionKeysGradient(changetype<AttentionGradientCall>(call), item, scratch);
      break;
    case JOIN_ATTENTION:
      joinAttention(changetype<AttentionCall>(call), item, scratch);
      break;
    case NORMALIZE:
      normalize(changetype<NormalizeCall>(call), item, scratch);
      break;
    case ADD_POSITIONS:
      addPositions(changetype<AddPositionsCall>(call), item, scratch);
      break;
    case GATHER_VECTORS:
      gatherVectors(changetype<GatherVectorsCall>(call), item, scratch);
      break;
    case GATHER_FEATURES:
      gatherFeatures(changetype<GatherFeaturesCall>(call), item, scratch);
      break;
    case REDUCE_VECTORS:
      reduceVectors(changetype<ReduceVectorsCall>(call), item, scratch);
      break;
    case POOL:
      pool(changetype<PoolCall>(call), item, scratch);
      break;
    case UNFOLD:
      unfold(changetype<Windows>(call), item, scratch);
      break;
    case SPARSE_LINEAR:
      sparseLinear(changetype<SparseLinearCall>(call), item, scratch);
      break;
    case AGGREGATE:
      aggregate(changetype<AggregateCall>(call), item, scratch);
      break;
    case EDGE_ATTENTION:
      edgeAttention(changetype<EdgeAttentionCall>(call), item, scratch);
      break;
    case PACK:
      pack(changetype<PackCall>(call), item, scratch);
      break;
    case PRODUCT:
      product(changetype<ProductCall>(call), item, scratch);
      break;
    case ACTIVATION_GRADIENT:
      activationGradient(changetype<ActivationGradientCall>(call), item, scratch);
      break;
    case DROPOUT:
      dropout(changetype<DropoutCall>(call), item, scratch);
      break;
    case NORMALIZE_GRADIENT:
      normalizeGradient(changetype<NormalizeGradientCall>(call), item, scratch);
      break;
    case NORMALIZE_PARAMETERS_GRADIENT:
      normalizeParametersGradient(changetype<NormalizeParametersGradientCall>(call), item, scratch);
      break;
    case SOFTMAX_GRADIENT:
      softmaxGradient(changetype<SoftmaxGradientCall>(call), item, scratch);
      break;
    case CROSS_ENTROPY:
      crossEntropy(changetype<CrossEntropyCall>(call), item, scratch);
      break;
    case LABEL_WEIGHTS:
      labelWeights(changetype<LabelWeightsCall>(call), item, scratch);
      break;
    case SQUARED_ERROR:
      squaredError(changetype<SquaredErrorCall>(call), item, scratch);
      break;
    case DISTILLATION:
      distillation(changetype<DistillationCall>(call), item, scratch);
      break;
    case SCATTER_VECTORS:
      scatterVectors(changetype<ScatterVectorsCall>(call), item, scratch);
      break;
    case FOLD:
      fold(changetype<Windows>(call), item, scratch);
      break;
    case SPREAD_VECTORS:
      spreadVectors(changetype<SpreadVectorsCall>(call), item, scratch);
      break;
    case SPREAD_LARGEST:
      spreadLargest(changetype<SpreadVectorsCall>(call), item, scratch);
      break;
    case LARGEST_NEIGHBOUR:
      largestNeighbour(changetype<LargestNeighbourCall>(call), item, scratch);
      break;
    case AGGREGATE_LARGEST:
      aggregateLargest(changetype<AggregateLargestCall>(call), item, scratch);
      break;
    case EDGE_ATTENTION_GRADIENT:
      edgeAttentionGradient(changetype<EdgeAttentionGradientCall>(call), item, scratch);
      break;
    case AGGREGATE_HEADS:
      aggregateHeads(changetype<AggregateHeadsCall>(call), item, scratch);
      break;
    case FACTOR_GRADIENT:
      factorGradient(changetype<FactorGradientCall>(call), item, scratch);
      break;
    case UPDATE:
      update(changetype<UpdateCall>(call), item, scratch);
      break;
    case SUM_OF_SQUARES:
      sumOfSquares(changetype<SumOfSquaresCall>(call), item, scratch);
      break;
    case STEP_SETTINGS:
      stepSettings(changetype<StepSettingsCall>(call), item, scratch);
      break;
    case ACCUMULATE:
      accumulate(changetype<AccumulateCall>(call), item, scratch);
      break;
    case ROWS_PRODUCT:
      rowsProduct(changetype<RowsProductCall>(call), item, scratch);
      break;
    case CONVOLUTION:
      convolution(changetype<ConvolutionCall>(call), item, scratch);
      break;
    case BIPOLAR_PLANES:
      bipolarPlanes(changetype<BipolarPlanesCall>(call), item, scratch);
      break;
    case BIPOLAR_PRODUCT:
      bipolarProduct(changetype<BipolarProductCall>(call), item, scratch);
      break;
    default:
      unreachable();
  }
}
