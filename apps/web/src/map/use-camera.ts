/** The camera over the map: it moves for people only, and the layers follow it. */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { extent } from './model/layout.ts';
import type { Placement } from './model/placement.ts';
import { MapScene, type Viewport } from './scene.ts';

interface CameraEvents {
  readonly onHover: (edgeId: string | null) => void;
  readonly onSelect: (edgeId: string | null) => void;
}

/** The scene and its viewport. Layers are moved by style, outside React: panning renders no component. */
export function useCamera(placement: Placement, generation: number) {
  const [scene, setScene] = useState<MapScene | null>(null);
  const listeners = useRef(new Set<(viewport: Viewport) => void>());
  const movedByHand = useRef(false);
  const box = useRef(extent(placement));
  useLayoutEffect(() => {
    box.current = extent(placement);
  }, [placement]);

  const [{ attach, onViewport }] = useState(() => ({
    onViewport: (listener: (viewport: Viewport) => void) => {
      listeners.current.add(listener);
      return () => {
        listeners.current.delete(listener);
      };
    },
    attach: (container: HTMLElement, events: CameraEvents) => {
      const layers = [...(container.parentElement?.querySelectorAll<HTMLElement>('[data-layer]') ?? [])];
      const made = new MapScene(container, {
        ...events,
        onViewport: (viewport, byUser) => {
          if (byUser) movedByHand.current = true;
          publish(viewport);
        },
      });
      const publish = (viewport: Viewport) => {
        for (const layer of layers) {
          layer.style.transform = `translate(${viewport.x}px, ${viewport.y}px) scale(${viewport.zoom})`;
          layer.dataset['detail'] = viewport.zoom < 0.3 ? 'far' : viewport.zoom < 0.55 ? 'name' : 'full';
        }
        for (const listener of listeners.current) listener(viewport);
      };
      const resized = new ResizeObserver(() => {
        made.resize();
        if (!movedByHand.current) made.fit(box.current, false);
        publish(made.viewport());
      });
      resized.observe(container);
      setScene(made);
      return () => {
        resized.disconnect();
        made.destroy();
        setScene(null);
      };
    },
  }));

  useEffect(() => {
    if (scene === null) return;
    movedByHand.current = false;
    scene.fit(box.current, false);
  }, [scene, generation]);

  return {
    scene,
    attach,
    onViewport,
    fit: (animate: boolean) => {
      movedByHand.current = false;
      scene?.fit(box.current, animate);
    },
  };
}
