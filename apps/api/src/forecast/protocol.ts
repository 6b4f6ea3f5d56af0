/** What the API and its forecast worker tell each other. */
import type { Forecast, ResourceKey } from '@heddle/schema';
import type { MeshSettings, WorkloadInstance, WorldDocument } from '@heddle/mesh-core';

export type ToWorker =
  /** A frame of facts, as a proxy sent it. */
  | { readonly kind: 'facts'; readonly proxyId: string; readonly frame: Uint8Array }
  /** What changed in the stored configuration since the last message of this kind. */
  | {
      readonly kind: 'stored';
      readonly changed: readonly WorldDocument[];
      readonly removed: readonly ResourceKey[];
    }
  | {
      readonly kind: 'forecast';
      readonly id: number;
      /** Over the stored configuration. */
      readonly candidate: readonly WorldDocument[];
      readonly instances: readonly WorkloadInstance[];
      readonly settings: MeshSettings;
    };

export type FromWorker =
  | { readonly kind: 'forecast'; readonly id: number; readonly forecast: Forecast }
  | { readonly kind: 'refused'; readonly proxyId: string; readonly reason: string };
