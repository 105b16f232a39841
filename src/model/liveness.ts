// Signs of life: what runs elsewhere (a child process, a thread) gives one a second, and whoever runs it notices when they stop.
// Promises that nobody is taken for dead because the one who watches was held up: time counts only while the watch itself runs.

/** How often a sign is given, and looked for. */
const SIGN_MS = 1_000;

/** Gives a sign every second while the event loop turns. Keeps no process alive. */
export function giveSigns(give: () => void): void {
  give();
  setInterval(give, SIGN_MS).unref();
}

export interface WatchOptions {
  /** So long without a sign, and it is taken for dead. */
  silent_ms: number;
  /** The same while it loads: that takes its time, and an application's code may keep the event loop for all of it. */
  loading_ms: number;
  /** Called once, with how long there was no sign. */
  onSilent(silent_ms: number): void;
}

export interface Watch {
  /** `loaded`: from now on it is to give signs as ever. */
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
