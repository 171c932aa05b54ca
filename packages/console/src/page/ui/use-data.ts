/** Loads what a view shows, keeps it while it is loaded again, and loads it anew when the service is back. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/index.ts';
import { connected, reconnections } from '../api/connection.ts';
import { session } from '../session.ts';

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** ms */
const RETRY = 3_000;

interface State<T> {
  readonly key: string;
  readonly data?: T;
  readonly error?: ApiError;
  readonly isLoading: boolean;
}

/** `key`: what the data depends on. `every`: ms after which it is loaded again while the page is in view. */
export function useData<T>(key: string, load: () => Promise<T>, every?: number): Loaded<T> {
  const [state, setState] = useState<State<T>>({ key, isLoading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const again = reconnections.value;

  useEffect(() => {
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      let pause = every;
      try {
        const data = await latest.current();
        if (isCurrent) setState({ key, data, isLoading: false });
      } catch (error) {
        if (!isCurrent) return;
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 401 && session.value !== undefined) session.value = { ...session.value, signedIn: false };
        setState((before) => ({
          key,
          ...(before.key === key && before.data !== undefined ? { data: before.data } : {}),
          error,
          isLoading: false,
        }));
        if (!connected.value) pause = RETRY;
      }
      if (isCurrent && pause !== undefined) timer = setTimeout(next, pause);
    };
    const next = (): void => {
      if (document.visibilityState === 'hidden') timer = setTimeout(next, 1_000);
      else void run();
    };
    setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
    void run();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key, every, turn, again]);

  const mine = state.key === key ? state : { key, isLoading: true };
  return { data: mine.data, error: mine.error, isLoading: mine.isLoading, reload: () => setTurn((value) => value + 1) };
}
