/**
 * What machines that fetch pages and watch services call themselves. Whoever hides is not found; a list by word keeps people in,
 * whose browsers have none of these (CUBOT is a telephone).
 */
const MACHINES =
  /(?<!cu)bot\b|bot[/;_-]|crawl|spider|slurp|facebookexternalhit|preview|headless|lighthouse|pingdom|uptime|monitor|statuscake|health-?check|kube-probe|elb-|googlehc|prometheus|blackbox|curl\/|wget\/|python-requests|python-urllib|aiohttp|go-http-client|okhttp|libwww|scrapy|httpx|axios\//i;

/** Whether a request comes from a crawler or a health check, by its user agent: they belong to no comparison of models. */
export const isMachine = (userAgent: string | undefined): boolean =>
  userAgent !== undefined && MACHINES.test(userAgent);
