// Signs of life: a child process or thread gives one every second, and its parent notices when they stop.
// Time counts only while the watch itself runs, so a blocked parent never declares its child dead.

/** The interval at which signs are given and checked. */
const SIGN_MS = 1_000;

/** Gives a sign every second while the event loop turns. Keeps no process alive. */
export function giveSigns(give: () => void): void {
  give();
  setInterval(give, SIGN_MS).unref();
}

export interface WatchOptions {
  /** The child counts as dead after this time without a sign. */
  silent_ms: number;
  /** The same while it loads: an application's code may block the event loop for all of that time. */
  loading_ms: number;
  /** Called once, with the time without a sign. */
  onSilent(silent_ms: number): void;
}

export interface Watch {
  /** `loaded`: from now on `silent_ms` applies. */
  sign(loaded: boolean): void;
  stop(): void;
}

export function watchLife({ silent_ms, loading_ms, onSilent }: WatchOptions): Watch {
  const look_ms = Math.min(SIGN_MS, silent_ms / 4);
  let limit_ms = Math.max(loading_ms, silent_ms);
  let silence_ms = 0;
  const timer = setInterval(() => {
    silence_ms += look_ms;
    if (silence_ms <= limit_ms) return;
    clearInterval(timer);
    onSilent(silence_ms);
  }, look_ms);
  timer.unref();
  return {
    sign(loaded) {
      silence_ms = 0;
      if (loaded) limit_ms = silent_ms;
    },
    stop: () => clearInterval(timer),
  };
}
