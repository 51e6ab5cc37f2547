// The little of observables that the chat component needs.

/** Returns something that can be subscribed to; `start` returns how to end it. */
export function observable(start) {
  return {
    subscribe(next, error, complete) {
      const observer = typeof next === "function" ? { next, error, complete } : next;
      const end = start(observer);
      return { unsubscribe: () => end?.() };
    },
    [Symbol.observable || "@@observable"]() {
      return this;
    },
  };
}

/** Returns an observable and a way to feed it. */
export function subject() {
  const observers = new Set();
  return {
    next(value) {
      for (const observer of observers) observer.next(value);
    },
    observable: observable((observer) => {
      observers.add(observer);
      return () => observers.delete(observer);
    }),
  };
}
