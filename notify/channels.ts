import { InputError } from "#contracts/errors.ts";
import type { ChannelConfig } from "#contracts/notification.ts";
import { allowedAddress } from "./address.ts";
import type { Channel } from "./channel.ts";
import { email } from "./email.ts";
import { github } from "./github.ts";
import { pagerDuty } from "./pagerduty.ts";
import { slack } from "./slack.ts";
import { webhook } from "./webhook.ts";

/**
 * The channel that a config names, with its secrets from the environment.
 * @throws InputError naming the variable that is not set, or the address that is not allowed.
 */
export function channelOf(config: ChannelConfig, environment: Readonly<Record<string, string | undefined>>): Channel {
  const name = config.name === "" ? config.kind : config.name;
  const secret = (variable: string): string => {
    const value = environment[variable];
    if (value) return value;
    throw new InputError(
      `${variable} is not set, which channel ${name} needs`,
      "Set it where the workers are started.",
    );
  };
  switch (config.kind) {
    case "slack":
      return slack(name, allowedAddress(name, secret(config.urlVariable)));
    case "pagerduty":
      return pagerDuty(name, allowedAddress(name, config.url), secret(config.keyVariable));
    case "github":
      return github(name, allowedAddress(name, config.url), config.repository, secret(config.tokenVariable));
    case "email":
      return email(name, secret(config.urlVariable), config.from, config.to);
    case "webhook":
      return webhook(
        name,
        allowedAddress(name, secret(config.urlVariable)),
        config.secretVariable === undefined ? undefined : secret(config.secretVariable),
      );
  }
}
