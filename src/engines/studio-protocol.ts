/** What the studio adapter and its threads say to each other; plain data that can be cloned. */
import type { Handover } from "../studio/compose/handover.ts";
import type { Delivery } from "../studio/production/deliver.ts";
import type { PieceProgress, PieceRequest } from "../studio/production/produce.ts";
import type { Segment } from "../studio/production/segments.ts";

/** A piece, or help with one. */
export type StudioTask = PieceTask | HelpTask;

export interface HelpTask {
  readonly kind: "help";
  readonly request: PieceRequest;
  readonly folder: string;
  readonly board: SharedArrayBuffer;
  readonly helper: number;
}

export interface PieceTask {
  readonly kind: "piece";
  readonly request: PieceRequest;
  readonly folder: string;
  /** Where helpers say what they have played. */
  readonly board: SharedArrayBuffer;
  readonly resume: { readonly folder: string; readonly chunks: number } | null;
}

export type StudioResult = PieceResult | { readonly kind: "helped"; readonly isOver: boolean };

export type PieceResult =
  | {
      readonly kind: "finished";
      readonly delivery: Delivery;
      readonly handover: Handover;
      readonly title: string;
      readonly durationSeconds: number;
    }
  | {
      readonly kind: "stopped";
      readonly phase: string;
      readonly chunks: number;
      readonly totalChunks: number;
    };

/** How far the piece is, or a segment that is finished and can be played. */
export type StudioNews = PieceProgress | { readonly segment: Segment };
