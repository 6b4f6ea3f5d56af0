/** The two forms of the protocol behind one face: requests in, one kind of subscription each, responses out. */
import type { ResourceType } from '../resource/resource-type.ts';
import {
  readDeltaRequest,
  writeDeltaResponse,
  type DeltaRequest,
  type DeltaResponse,
} from '../wire/delta-messages.ts';
import { readSotwRequest, writeSotwResponse } from '../wire/sotw-messages.ts';
import { DeltaSubscription, SotwSubscription, type Subscription, type Update } from './subscription.ts';

export interface Request extends DeltaRequest {
  /** State of the world only: the newest version it accepted. In this form `subscribe` is every name it wants. */
  readonly version?: string;
}

export interface Response extends Update {
  readonly type: ResourceType;
  readonly version: string;
  readonly nonce: string;
  readonly errors: DeltaResponse['errors'];
}

export interface Protocol {
  readonly path: string;
  /** Whether a response can say why a resource could not be made. */
  readonly carriesErrors: boolean;
  read(bytes: Uint8Array): Request;
  subscribe(type: ResourceType): Subscription;
  write(response: Response): Buffer;
}

const service = '/envoy.service.discovery.v3.AggregatedDiscoveryService';

export const delta: Protocol = {
  path: `${service}/DeltaAggregatedResources`,
  carriesErrors: true,
  read: readDeltaRequest,
  subscribe: (type) => new DeltaSubscription(type),
  write: writeDeltaResponse,
};

export const stateOfTheWorld: Protocol = {
  path: `${service}/StreamAggregatedResources`,
  carriesErrors: false,
  read(bytes) {
    const { names, ...message } = readSotwRequest(bytes);
    return { ...message, subscribe: names, unsubscribe: [], initialVersions: new Map() };
  },
  subscribe: (type) => new SotwSubscription(type),
  write: writeSotwResponse,
};
