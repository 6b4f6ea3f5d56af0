import { Link } from '@tanstack/react-router';
import { Empty } from '../ui/states.tsx';

export function NotFound() {
  return (
    <div className="page-centre">
      <Empty
        title="There is no such page"
        action={
          <Link to="/map" search={{}} className="button primary">
            Open the map
          </Link>
        }
      >
        The address may be mistyped, or the page came from a newer console.
      </Empty>
    </div>
  );
}
