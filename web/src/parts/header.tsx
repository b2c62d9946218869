/** The line at the top. */
import { Mark } from "./icons.tsx";

interface HeaderProps {
  /** Null before a key was entered. */
  readonly organizationId: string | null;
  readonly onSignOut: () => void;
}

export function Header({ organizationId, onSignOut }: HeaderProps) {
  return (
    <header class="top">
      <a class="brand" href="./" aria-label="Music Generations, start">
        <Mark />
        <span>Music Generations</span>
      </a>
      <nav aria-label="Service">
        {organizationId !== null && <span class="organization">{organizationId}</span>}
        <a href="docs">API</a>
        {organizationId !== null && (
          <button type="button" class="quiet" onClick={onSignOut}>
            Forget key
          </button>
        )}
      </nav>
    </header>
  );
}
