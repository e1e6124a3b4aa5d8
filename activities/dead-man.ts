import { allowedAddress } from "#notify/address.ts";
import { post } from "#notify/post.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

/** Tells the check outside that watching goes on and all is well; false where none is configured. @throws NotReachableError */
export const deadMan =
  ({ config }: Pick<Dependencies, "config">) =>
  (): Promise<boolean> =>
    named(async () => {
      const { deadManUrl } = config.watch;
      if (deadManUrl === undefined) return false;
      await post("the dead-man's switch", allowedAddress("watch.deadManUrl", deadManUrl), { method: "GET" });
      return true;
    });
