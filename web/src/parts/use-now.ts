/** The time of day, kept current while it is shown. */
import { useEffect, useState } from "preact/hooks";

/** Milliseconds since 1970, a new value about each second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
