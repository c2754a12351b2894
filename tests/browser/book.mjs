// A person in Chromium on the example frontend: signs in, finds a time, books, pays, moves, cancels.
// Prints one line of JSON: what was seen, what axe found, what the console said.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { EXAMPLE_URL, EMAIL, PASSWORD, CHROMIUM, SCREENSHOTS, PATIENCE } = process.env;
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const seen = { console: [], failed: [], findings: [], overflows: [], clicks: 0, calendarRequests: 0 };

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: "en-GB", timezoneId: "Europe/London" });
context.setDefaultTimeout(Number(PATIENCE) * 1000);
const page = await context.newPage();
page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.console.push(message.text()));
page.on("pageerror", (error) => seen.console.push(String(error)));
page.on("requestfailed", (request) => seen.failed.push(`${request.method()} ${request.url()}`));

const click = async (locator) => {
  seen.clicks += 1;
  await locator.click();
};
const heading = (name) => page.getByRole("heading", { level: 1, name }).waitFor();

// Runs axe in an isolated world, which the page's own policy of scripts does not reach.
async function look(name) {
  const session = await context.newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const world = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  for (const [scheme, width] of [["light", 360], ["dark", 1280]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 740 });
    const expression = `${axe}; axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(
      found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, nodes }) => id + ": " + nodes[0].html)))`;
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression,
      contextId: world.executionContextId,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception.description);
    seen.findings.push(...JSON.parse(result.value).map((finding) => `${name}, ${scheme}: ${finding}`));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (overflow) seen.overflows.push(`${name}, ${width} px`);
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}-${scheme}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await session.detach();
}

await page.goto(EXAMPLE_URL);
await heading("Find lessons");
await look("search");

const counted = [];
page.on("request", (request) => request.method() !== "OPTIONS" && /\/(rest|auth)\/v1\//.test(request.url()) && counted.push(request.url()));
await click(page.getByRole("link", { name: /City driving/ }));
await heading("City driving");
seen.calendarRequests = counted.length;
await look("times");

await click(page.getByRole("link", { name: "Sign in" }));
await heading("Sign in");
await look("sign-in");
const known = page.locator("form", { hasText: "I have been here before" });
await known.getByLabel("E-mail").fill(EMAIL);
await known.getByLabel("Password").fill(PASSWORD);
await click(known.getByRole("button", { name: "Sign in" }));

await heading("Find lessons");
await click(page.getByRole("link", { name: /City driving/ }));
await heading("City driving");
await click(page.getByRole("link", { name: "Later" }));
await page.getByRole("link", { name: "Earlier" }).waitFor();
await click(page.locator(".times button").first());
seen.price = await page.getByRole("dialog").getByText(/fee included/).textContent();
await look("book");
await click(page.getByRole("button", { name: "Book" }));
await heading(/^Pay /);
seen.due = await page.getByRole("heading", { level: 1 }).textContent();
await look("pay");

// A card without money first; the same page takes another. The browser itself reports the 402.
await page.getByLabel("Card").selectOption({ label: "A card without money" });
await page.getByRole("button", { name: /^Pay/ }).click();
seen.declined = await page.getByRole("status").filter({ hasText: "insufficient" }).textContent();
seen.console = seen.console.filter((text) => !/status of 402/.test(text));
await page.getByLabel("Card").selectOption({ label: "A card that works" });
await click(page.getByRole("button", { name: /^Pay/ }));
await heading("My lessons");
seen.paidClicks = seen.clicks;
seen.confirmed = await page.locator(".card").first().textContent();
await look("bookings");

await click(page.getByRole("button", { name: "Move" }));
await look("move");
await click(page.getByRole("dialog").locator(".times button").last());
seen.moved = await page.getByRole("status").filter({ hasText: "Moved" }).textContent();

await click(page.getByRole("button", { name: "Cancel" }));
seen.preview = await page.getByRole("dialog").getByText(/You get/).textContent();
await look("cancel");
await click(page.getByRole("button", { name: "Cancel the lesson" }));
seen.cancelled = await page.getByRole("status").filter({ hasText: "Cancelled" }).textContent();

// The instructor: hours are opened and closed again, times are published, the week is there.
await page.getByRole("button", { name: /^Sign out/ }).click();
await heading("Find lessons");
await page.getByRole("link", { name: "Sign in" }).click();
await known.getByLabel("E-mail").fill("ivy@example.com");
await known.getByLabel("Password").fill(PASSWORD);
await known.getByRole("button", { name: "Sign in" }).click();
await page.getByRole("link", { name: "Teaching" }).click();
await heading("Teaching");
await look("teaching");
seen.week = await page.locator(".card").first().textContent();
await page.getByRole("combobox", { name: "Day" }).selectOption("Saturday");
await page.getByRole("button", { name: "Open" }).click();
await page.getByText("Saturday, 09:00 to 17:00").waitFor();
await page.getByRole("button", { name: "City driving" }).click();
seen.published = await page.getByRole("status").filter({ hasText: "published" }).textContent();
await page.getByRole("button", { name: /^Close Saturday/ }).click();
await page.getByText("Saturday, 09:00 to 17:00").waitFor({ state: "detached" });

// A guardian books for her son, at a school.
await page.getByRole("button", { name: /^Sign out/ }).click();
await heading("Find lessons");
await page.getByRole("link", { name: "Sign in" }).click();
await known.getByLabel("E-mail").fill("ruth@example.com");
await known.getByLabel("Password").fill(PASSWORD);
await known.getByRole("button", { name: "Sign in" }).click();
await page.getByRole("link", { name: /Beginner's lesson/ }).click();
await heading("Beginner's lesson");
await page.getByRole("link", { name: "Later" }).click();
await page.getByRole("link", { name: "Earlier" }).waitFor();
await page.locator(".times button").first().click();
await page.getByRole("combobox", { name: "For" }).selectOption("Pip Moss");
await page.getByRole("button", { name: "Book" }).click();
await heading("Pay £56.64");
await page.getByRole("button", { name: /^Pay/ }).click();
await heading("My lessons");
seen.ward = await page.locator(".card", { hasText: "paid" }).last().textContent();

// What cannot fail proves nothing: a button without a name, and what is too wide, are found.
const honest = { findings: seen.findings.splice(0), overflows: seen.overflows.splice(0) };
await page.evaluate(() => {
  const [button, wide] = [document.createElement("button"), document.createElement("div")];
  Object.assign(wide.style, { width: "2000px", height: "1px" });
  document.querySelector("main").append(button, wide);
});
await look("planted");
seen.planted = { findings: seen.findings.length, overflows: seen.overflows.length };
Object.assign(seen, honest);

await browser.close();
console.log(JSON.stringify(seen));
