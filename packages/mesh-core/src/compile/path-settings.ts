import type { HttpConnectionManager } from '@heddle/traffic';
import type { World } from '../world/world.ts';

/** How paths are normalised, where the mesh's configuration says it. */
export function pathSettings({ settings }: World): Pick<HttpConnectionManager, 'pathNormalization'> {
  const { pathNormalization } = settings;
  return pathNormalization === undefined ? {} : { pathNormalization };
}
