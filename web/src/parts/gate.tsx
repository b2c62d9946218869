/** Asks for the organization and the key, and says how to make one. */
import { useRef, useState } from "preact/hooks";
import { type Credentials, createApi } from "../connection/api.ts";
import { type Problem, problemOf } from "../connection/errors.ts";
import { Notice } from "./notice.tsx";

interface GateProps {
  readonly organizationId: string;
  /** Why the key is asked for again. */
  readonly problem: Problem | null;
  readonly onEnter: (credentials: Credentials) => void;
}

const defaultOrganization = "org_abc123";

export function Gate({ organizationId, problem, onEnter }: GateProps) {
  const [organization, setOrganization] = useState(organizationId);
  const [key, setKey] = useState("");
  const [checking, setChecking] = useState(false);
  const [refusal, setRefusal] = useState(problem);
  const keyField = useRef<HTMLInputElement>(null);

  const enter = async (event: SubmitEvent) => {
    event.preventDefault();
    if (checking) return;
    const credentials = { organizationId: organization.trim(), key: key.trim() };
    setChecking(true);
    setRefusal(null);
    try {
      await createApi(credentials, document.baseURI).engines();
      onEnter(credentials);
    } catch (error) {
      setRefusal(problemOf(error, Date.now()));
      keyField.current?.focus();
    } finally {
      setChecking(false);
    }
  };

  return (
    <main class="gate">
      <h1>Words in, music out.</h1>
      <p class="lead">
        Describe a piece, hear it a few seconds later. Everything on this page uses the public API
        with your key, which stays in this tab and is forgotten with it.
      </p>
      <form class="card" onSubmit={enter}>
        <label class="field">
          <span>Organization</span>
          <input
            name="organization"
            required
            maxLength={128}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder={defaultOrganization}
            value={organization}
            onInput={(event) => setOrganization(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>API key</span>
          <input
            ref={keyField}
            name="key"
            type="password"
            required
            autocomplete="off"
            placeholder="oak_…"
            aria-invalid={refusal?.kind === "key"}
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <Notice problem={refusal} />
        <button type="submit" class="primary" aria-disabled={checking}>
          {checking ? "Checking…" : "Open the studio"}
        </button>
      </form>
      <section class="hint" aria-labelledby="no-key">
        <h2 id="no-key">No key yet?</h2>
        <p>On the machine where the service runs, in its folder:</p>
        <pre>
          <code>
            npm run -s cli -- keys create --organization{" "}
            {organization.trim() || defaultOrganization} --user user_1
          </code>
        </pre>
      </section>
    </main>
  );
}
