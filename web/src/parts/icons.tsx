/** The few pictures of the page; all of them are beside words that say the same. */
import type { ComponentChildren } from "preact";

function Icon({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  );
}

export const PlayIcon = () => (
  <Icon>
    <path d="M8 5.2v13.6a.8.8 0 0 0 1.2.7l11-6.8a.8.8 0 0 0 0-1.4l-11-6.8A.8.8 0 0 0 8 5.2Z" />
  </Icon>
);

export const PauseIcon = () => (
  <Icon>
    <rect x="6.5" y="5" width="4" height="14" rx="1.2" />
    <rect x="13.5" y="5" width="4" height="14" rx="1.2" />
  </Icon>
);

export const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <rect x="2" y="9.5" width="3" height="5" rx="1.5" />
    <rect x="7.6" y="6" width="3" height="12" rx="1.5" />
    <rect x="13.2" y="2.5" width="3" height="19" rx="1.5" />
    <rect x="18.8" y="7.5" width="3" height="9" rx="1.5" />
  </svg>
);
