/** The last `capacity` values that were put or found, by key. */
export interface Lru<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
}

export function createLru<T>(capacity: number): Lru<T> {
  // A Map remembers the order of insertion: its first key is the one that was not touched for longest.
  const values = new Map<string, T>();
  const put = (key: string, value: T) => {
    values.delete(key);
    values.set(key, value);
    if (values.size > capacity) values.delete(values.keys().next().value as string);
  };
  return {
    put,
    get(key) {
      const value = values.get(key);
      if (value !== undefined) put(key, value);
      return value;
    },
  };
}
