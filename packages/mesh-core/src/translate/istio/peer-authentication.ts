import type { AcceptedMeshTls } from '@heddle/traffic';
import { selects, type WorkloadInstance } from '../../world/instance.ts';
import { defaultOrigin, originOf, type World } from '../../world/world.ts';

/**
 * How a workload lets callers in: workload before namespace before mesh; UNSET asks the next wider one. Of each width the oldest
 * alone is heard.
 */
export function inboundTls(
  instance: Pick<WorkloadInstance, 'namespace' | 'labels'>,
  appPort: number,
  world: World,
): AcceptedMeshTls {
  return { ...meshTlsSettings(world), ...inboundMode(instance, appPort, world) };
}

/** What holds for mTLS of the whole mesh, as far as the mesh's configuration says anything of it. */
export function meshTlsSettings({
  settings,
  trustDomains,
}: World): Pick<AcceptedMeshTls, 'trustDomains' | 'minVersion'> {
  const { minMeshTlsVersion: minVersion } = settings;
  return {
    ...(trustDomains.length === 1 ? {} : { trustDomains }),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
}

function inboundMode(
  instance: Pick<WorkloadInstance, 'namespace' | 'labels'>,
  appPort: number,
  world: World,
): Pick<AcceptedMeshTls, 'mode' | 'from'> {
  const { rootNamespace, defaultMtls } = world.settings;
  const { peerAuthentications } = world.documents;
  const forWorkload = peerAuthentications.find(
    ({ key, object }) =>
      key.namespace === instance.namespace && selects(object.spec?.selector?.matchLabels, instance.labels),
  );
  const ofPort = forWorkload?.object.spec?.portLevelMtls?.[String(appPort)]?.mode;
  if (forWorkload !== undefined && ofPort !== undefined && ofPort !== 'UNSET') {
    return { mode: ofPort, from: [originOf(forWorkload, `spec.portLevelMtls["${appPort}"]`)] };
  }
  const wide = (namespace: string) =>
    peerAuthentications.find(
      ({ key, object }) =>
        key.namespace === namespace && Object.keys(object.spec?.selector?.matchLabels ?? {}).length === 0,
    );
  for (const document of [forWorkload, wide(instance.namespace), wide(rootNamespace)]) {
    const mode = document?.object.spec?.mtls?.mode;
    if (document !== undefined && mode !== undefined && mode !== 'UNSET') {
      return { mode, from: [originOf(document, 'spec.mtls')] };
    }
  }
  return { mode: defaultMtls, from: [defaultOrigin('mtls')] };
}
