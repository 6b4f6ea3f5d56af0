/** Finds the place of a path in a text beside the page. */
import { placeOf } from './model/place.ts';

export interface PlaceQuestion {
  readonly text: string;
  readonly path: string;
}

self.addEventListener('message', ({ data: { text, path } }: MessageEvent<PlaceQuestion>) => {
  self.postMessage(placeOf(text, path));
});
