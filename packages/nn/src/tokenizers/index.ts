export type { NnErrorCodes } from "../errors/error-codes.ts";
export { requireTokenizerFits } from "./fit.ts";
export { huggingFaceTokenizer, type JsonContents } from "./hugging-face.ts";
export { llama2cTokenizer } from "./llama2c.ts";
export { encodeSentences, type SentenceIds, type SentenceText } from "./sentences.ts";
export { StopSequences } from "./stop-sequences.ts";
export type { DecodeStream, EncodeOptions, Tokenizer } from "./tokenizer.ts";
