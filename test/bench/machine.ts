/** What the figures were taken on. */
import { readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

export function describeMachine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model ?? "?"}, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

/** The load average of the last minute. */
export function load(): number {
  return loadavg()[0] ?? Number.NaN;
}

const ticksPerSecond = 100;

/** The fields of `/proc/PID/stat` from the third on; the second, the name in parentheses, may hold spaces. */
function statOf(pid: number | string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** User and system time so far of a process and those that it started, also of those that have ended. */
export function cpuSeconds(pid: number): number {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const started = processes.filter((each) => {
    try {
      return statOf(each)[1] === String(pid);
    } catch {
      return false;
    }
  });
  const ticks = statOf(pid).slice(11, 15).map(Number);
  const own = ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
  return started.reduce((sum, child) => sum + cpuSeconds(Number(child)), own);
}
