/** The whole page: asks for the key, then shows the studio. */
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Credentials } from "../connection/api.ts";
import type { Problem } from "../connection/errors.ts";
import { createSession } from "../session.ts";
import { Gate } from "./gate.tsx";
import { Header } from "./header.tsx";
import { Workspace } from "./workspace.tsx";

export function App() {
  const session = useMemo(() => createSession(sessionStorage), []);
  const [credentials, setCredentials] = useState(session.credentials);
  const [problem, setProblem] = useState<Problem | null>(null);

  const enter = (entered: Credentials) => {
    session.keepCredentials(entered);
    setProblem(null);
    setCredentials(entered);
  };
  const leave = useCallback(
    (why: Problem | null) => {
      session.forgetKey();
      setProblem(why);
      setCredentials(null);
    },
    [session],
  );

  return (
    <>
      <Header organizationId={credentials?.organizationId ?? null} onSignOut={() => leave(null)} />
      {credentials === null ? (
        <Gate organizationId={session.organizationId} problem={problem} onEnter={enter} />
      ) : (
        <Workspace
          key={`${credentials.organizationId} ${credentials.key}`}
          credentials={credentials}
          session={session}
          onSignOut={leave}
        />
      )}
    </>
  );
}
