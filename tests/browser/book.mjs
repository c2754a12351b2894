// People in Chromium on the example frontend: they book, pay, move, cancel, buy hours, teach, are paid, run a school, decide.
// Prints one line of JSON: what was seen, what axe found, what the console said.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { EXAMPLE_URL, CLOCK_URL, PASSWORD, CHROMIUM, SCREENSHOTS, PATIENCE } = process.env;
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const seen = { console: [], failed: [], findings: [], overflows: [], clicks: 0, calendarRequests: 0 };

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: "en-GB", timezoneId: "Europe/London" });
context.setDefaultTimeout(Number(PATIENCE) * 1000);
const page = await context.newPage();
page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.console.push(message.text()));
page.on("pageerror", (error) => seen.console.push(String(error)));
page.on("requestfailed", (request) => seen.failed.push(`${request.method()} ${request.url()}`));

// Whoever reads the failure sees what the person saw.
process.on("uncaughtException", async (error) => {
  console.error(error, seen.console, await page.locator("body").innerText());
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/failed.png`, fullPage: true });
  process.exit(1);
});

const click = async (locator) => {
  seen.clicks += 1;
  await locator.click();
};
const press = (name) => page.getByRole("button", { name }).click();
const follow = (name) => page.getByRole("link", { name }).click();
const heading = (name) => page.getByRole("heading", { level: 1, name }).waitFor();
const told = (text) => page.getByRole("status").filter({ hasText: text }).textContent();
const dialog = page.getByRole("dialog");
const card = (text) => page.locator(".card", { hasText: text });
const formWith = (button) => page.locator("form").filter({ has: page.getByRole("button", { name: button, exact: true }) });

async function go(hash, title) {
  await page.evaluate((hash) => void (location.hash = hash), hash);
  await heading(title);
}

async function signIn(email) {
  const signOut = page.getByRole("button", { name: /^Sign out/ });
  if (await signOut.isVisible()) await signOut.click();
  await follow("Sign in");
  await heading("Sign in");
  const known = page.locator("form", { hasText: "I have been here before" });
  await known.getByLabel("E-mail").fill(email);
  await known.getByLabel("Password").fill(PASSWORD);
  await known.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: `Sign out ${email}` }).waitFor();
}

// As docs and `make up` say: what is due by then happens. A page learns of it when it is loaded.
async function moveClock(move) {
  const moved = await fetch(CLOCK_URL, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(move) });
  if (!moved.ok) throw new Error(await moved.text());
  await page.reload();
}

// With a key of Stripe's, the page loads Stripe's own form. There is no network here: what stands for Stripe.js says what it was asked.
const STRIPE_JS = `window.Stripe = (key) => ({
  elements: ({ clientSecret }) => ({
    create: (kind) => ({ mount: (place) => place.append(kind + " with " + key + " for " + clientSecret.replace(/_secret_.*/, "")) }),
  }),
  confirmPayment: async ({ elements, confirmParams }) => ({ error: { message: "Declined, or back to " + confirmParams.return_url } }),
});`;

async function payAtStripe(title) {
  const withKey = async (route) => {
    const config = await (await route.fetch()).json();
    await route.fulfill({ json: { ...config, stripe_publishable_key: "pk_test_of_stripe" } });
  };
  await page.route("**/config.json", withKey);
  await page.route("https://js.stripe.com/**", (route) => route.fulfill({ contentType: "text/javascript", body: STRIPE_JS }));
  await page.reload();
  await heading(title);
  seen.paymentElement = await formWith(title).textContent();
  await press(title);
  seen.confirmPayment = await told("Declined");
  await page.unrouteAll();
  await page.reload();
  await heading(title);
}

// Runs axe in an isolated world, which the page's own policy of scripts does not reach.
async function look(name) {
  const session = await context.newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const world = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  for (const [scheme, width] of [
    ["light", 360],
    ["dark", 1280],
  ]) {
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

// The platform's admin shows a second factor, and makes a code.
await page.goto(EXAMPLE_URL);
await signIn("grace@example.com");
await go("#/admin", "Second factor");
await look("second-factor");
await press(/^Go on without one/);
await heading("Queue");
await look("queue");
await page.getByLabel("Code").fill("HELLO5");
await page.getByLabel("Takes off").fill("5");
await page.getByLabel("Why").fill("For new learners.");
await press("Create");
await told("HELLO5 takes 5 off");

// A learner waits for a time that somebody gives back.
await signIn("ben@example.com");
await follow(/City driving/);
await heading("City driving");
await press("Wait for a time that becomes free");
await told("is offered to you");
await go("#/bookings", "My lessons");
seen.waits = await card("Wait no more").textContent();
await press(/^Sign out/);

// Another one looks around, and books.
await heading("Find lessons");
await look("search");
await page.getByLabel("Instructor").fill("omar");
await page.getByLabel("Order").selectOption("Cheapest");
await press("Search");
await page.getByRole("link", { name: /City driving/ }).waitFor({ state: "detached" });
seen.directory = await page.locator(".card").allInnerTexts();
await follow("Find lessons");
await page.getByRole("link", { name: /City driving/ }).waitFor();
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
await known.getByLabel("E-mail").fill("ada@example.com");
await known.getByLabel("Password").fill(PASSWORD);
await click(known.getByRole("button", { name: "Sign in" }));

await heading("Find lessons");
await click(page.getByRole("link", { name: /City driving/ }));
await heading("City driving");
await click(page.getByRole("link", { name: "Later" }));
await page.getByRole("link", { name: "Earlier" }).waitFor();
await click(page.locator(".times button").first());
seen.price = await dialog.getByText(/fee included/).textContent();
await page.getByLabel("Code, if you have one").fill("nonsense");
await press("Check");
seen.badCode = await told("cannot be used");
await look("bad-code");
await page.getByLabel("Code, if you have one").fill("hello5");
await press("Check");
seen.discount = await dialog.getByText(/off:/).textContent();
await look("book");
await click(page.getByRole("button", { name: "Book" }));
await heading(/^Pay /);
seen.due = await page.getByRole("heading", { level: 1 }).textContent();
await look("pay");

// A card without money first; the same page takes another. The browser itself reports the 402.
await page.getByLabel("Card").selectOption({ label: "A card without money" });
await press(/^Pay/);
seen.declined = await told("insufficient");
await look("declined");
seen.console = seen.console.filter((text) => !/status of 402/.test(text));
await page.getByLabel("Card").selectOption({ label: "A card that works" });
await click(page.getByRole("button", { name: /^Pay/ }));
await heading("My lessons");
seen.paidClicks = seen.clicks;
seen.confirmed = await page.locator(".card").first().textContent();
await look("bookings");

await press("Move");
await look("move");
await dialog.locator(".times button").last().click();
seen.moved = await told("Moved");

await press("Cancel");
seen.preview = await dialog.getByText(/You get/).textContent();
await look("cancel");
await press("Cancel the lesson");
seen.cancelled = await told("Cancelled");

// She buys two hours ahead, books by one of them, and gives the other back.
await follow("Find lessons");
await follow(/City driving/);
await follow("Buy several hours ahead");
await heading("Buy hours ahead");
await page.getByLabel("Hours").fill("2");
await look("buy-hours");
await press("Buy");
await heading("Pay £106.79");
await press(/^Pay/);
await heading("Hours bought ahead");
seen.bought = await card("left").textContent();
await follow("Find lessons");
await follow(/City driving/);
await follow("Later");
await page.getByRole("link", { name: "Earlier" }).waitFor();
await page.locator(".times button").last().click();
await page.getByLabel(/^Pay by hours/).check();
await look("book-by-hours");
await press("Book");
await heading("My lessons");
seen.byHours = await card("confirmed").textContent();
await go("#/hours", "Hours bought ahead");
await look("hours");
await press("Give hours back");
await look("give-back");
await press("Give back");
seen.givenBack = await told("given back:");
await go("#/family", "Family");
await look("family-of-a-learner");

// What she gave back is offered to who waits: he reads of it, and takes it.
await signIn("ben@example.com");
await moveClock({ by: { minutes: 1 } });
await follow(/^News \(\d+\)/);
await heading("News");
seen.news = await page.locator(".card").allInnerTexts();
await look("news");
await press("Mark all as read");
await told("All of it is read");
await page.getByRole("link", { name: "News", exact: true }).waitFor();
await go("#/bookings", "My lessons");
seen.offered = await card("waits for your answer").textContent();
await look("offered");
await press("Accept");
await heading("Pay £53.40");
await payAtStripe("Pay £53.40");

// The instructor: a week and its days, hours that are opened and closed again, days off, published times.
await signIn("ivy@example.com");
await follow("Teaching");
await heading("Teaching");
await look("week");
const [answer] = await Promise.all([
  page.waitForResponse((response) => response.url().endsWith("/instructor_day") && response.request().method() === "POST"),
  page.locator(".days .card", { hasText: "Ben Osei" }).getByRole("link").click(),
]);
const [{ start_at: lessonAt, end_at: lessonEnds }] = await answer.json();
seen.day = await card("Ben Osei").textContent();
await look("day");
await press("Move");
await dialog.locator(".times button").last().click();
seen.proposed = await told("Proposed");
await go("#/opening", "Hours");
await look("opening");
await formWith("Open").getByLabel("Day").selectOption("Saturday");
await press("Open");
await page.getByText("Saturday, 09:00 to 17:00").waitFor();
await press(/^Close Saturday/);
await told("Saturday, 09:00 to 17:00 is closed");
await page.getByLabel("First day").fill("2030-01-01");
await page.getByLabel("Note, for yourself").fill("New year");
await formWith("Close").getByRole("button", { name: "Close", exact: true }).click();
await press("Remove 1 January 2030: New year");
await told("Removed");
await press("Publish");
seen.published = await told("published");
await go("#/money", "Money");
await look("money-before");

// Her learner would rather keep the time that he has.
await signIn("ben@example.com");
await go("#/bookings", "My lessons");
await card("waits for your answer").getByRole("button", { name: "Decline" }).click();
seen.declinedMove = await told("Declined");
await card("waits for your answer").waitFor({ state: "detached" });

// A school's owner invites, adds a learner whose guardian is asked, adds a lesson and prices it.
await signIn("nora@example.com");
await go("#/people", "School");
await look("people");
await formWith("Invite").getByLabel("E-mail").fill("kim@example.com");
await press("Invite");
const link = await dialog.getByLabel("Link").inputValue();
await look("invited");
await press("Leave it");
await formWith("Add").getByLabel("Name").fill("Lee Moss");
await formWith("Add").getByLabel("Date of birth").fill("2012-03-04");
await formWith("Add").getByLabel("Guardian's e-mail").fill("ruth@example.com");
await press("Add");
seen.added = await told("was added");
await go("#/prices", "Lessons and prices");
await formWith("Add").first().getByLabel("Title").fill("Night driving");
await formWith("Add").first().getByRole("button", { name: "Add" }).click();
await told("is on offer");
await page.getByLabel("Night driving, in GBP").fill("52.50");
await press("Save Night driving on Prices");
seen.priced = await told("is saved");
await look("prices");

// Whoever was invited signs up by the link, and teaches there.
await press(/^Sign out/);
await heading("Find lessons");
await page.goto(link);
await heading("Sign in");
const unknown = page.locator("form", { hasText: "I am new here" });
await unknown.getByLabel("Name").fill("Kim Lang");
await unknown.getByLabel("E-mail").fill("kim@example.com");
await unknown.getByLabel("Password").fill(PASSWORD);
await press("Sign up");
await heading("You are invited");
await look("invitation");
await press("Accept");
await follow("Teaching");
await heading("Teaching");
seen.invited = await page.getByText(/Nobody finds you/).textContent();

// A guardian consents for one learner, and books and pays for her son.
await signIn("ruth@example.com");
await go("#/family", "Family");
await look("asked");
await press("Consent");
seen.consented = await told("You answer for");
await page.getByRole("heading", { name: "Lee Moss" }).waitFor();
await follow("Find lessons");
await follow(/Beginner's lesson/);
await heading("Beginner's lesson");
await follow("Later");
await page.getByRole("link", { name: "Earlier" }).waitFor();
await page.locator(".times button").first().click();
await page.getByRole("combobox", { name: "For" }).selectOption("Pip Moss");
await press("Book");
await heading("Pay £56.64");
await go("#/family", "Family");
await page.getByRole("link", { name: "Pay" }).click();
await heading("Pay £56.64");
await press(/^Pay/);
await heading("My lessons");
const [wards] = await Promise.all([
  page.waitForResponse((response) => response.url().endsWith("/my_bookings") && response.request().method() === "POST"),
  go("#/family", "Family"),
]);
const pips = (await wards.json()).find((booking) => booking.booking_status === "confirmed");
seen.ward = await card("paid").textContent();
await look("family");

// The lesson is given.
await signIn("ivy@example.com");
await moveClock({ to: lessonAt });
await go(`#/day/${lessonAt.slice(0, 10)}`, /./);
await press("Start");
await told("has begun");
await moveClock({ to: lessonEnds });
await press("Complete");
await page.getByLabel("Summary for the learner").fill("Watch the mirrors.");
await look("complete");
await dialog.getByRole("button", { name: "Complete" }).click();
await told("Completed");

// The son's instructor says that he did not come, but not before the time for it; his mother contests that, and an admin decides.
await signIn("tom@example.com");
await moveClock({ to: pips.start_at });
await go(`#/day/${pips.start_at.slice(0, 10)}`, /./);
await page.getByRole("button", { name: "Start" }).waitFor();
seen.absentTooEarly = await page.getByRole("button", { name: "The learner did not come" }).count();
await moveClock({ by: { minutes: 15 } });
await press("The learner did not come");
await page.getByLabel("What happened?").fill("Nobody was at the corner.");
await look("say-absent");
await press("Say so");
await told("three days to contest it");
await look("claim");
await signIn("ruth@example.com");
await go("#/family", "Family");
seen.claim = await card("Nobody was at the corner.").textContent();
await look("claim-of-a-ward");
await press("It is not");
await page.getByLabel("What happened?").fill("He waited there for an hour.");
await press("Contest");
await told("An admin decides");
await signIn("grace@example.com");
await go("#/admin", "Second factor");
await press(/^Go on without one/);
await heading("Queue");
await look("queue-with-claim");
await card("He waited there for an hour.").getByRole("button", { name: "Nothing is proven" }).click();
await page.getByLabel("Why").last().fill("One word against the other.");
await dialog.getByRole("button", { name: "Nothing is proven" }).click();
seen.undecided = await told("stays as it was");

// The lesson was over early: the learner's side completes it with its word.
await signIn("ruth@example.com");
await go("#/family", "Family");
await press("It took place");
seen.byWord = await told("is completed");
await go("#/bookings", "My lessons");
seen.tookPlace = await card("took place").textContent();

// On Friday the instructor is paid.
await signIn("ivy@example.com");
const friday = new Date(Math.max(Date.parse(lessonAt) + 2 * 24 * 60 * 60 * 1000, Date.parse(pips.end_at)));
friday.setUTCDate(friday.getUTCDate() + ((12 - friday.getUTCDay()) % 7));
friday.setUTCHours(20);
await moveClock({ to: friday.toISOString() });
await go("#/money", "Money");
seen.paid = await card("Statement").textContent();
await look("money");
await follow("Statement");
await heading(/^Statement of/);
seen.statement = await page.getByRole("region", { name: "Lines" }).textContent();
await look("statement");
const [download] = await Promise.all([page.waitForEvent("download"), press("Download as CSV")]);
seen.csv = readFileSync(await download.path(), "utf8");

// Her learner asks for money back, and the platform's admin grants it.
await signIn("ben@example.com");
await go("#/bookings", "My lessons");
await press("Ask for money back");
await page.getByLabel("Amount in GBP").fill("10");
await page.getByLabel("What was wrong?").fill("It began late.");
await look("ask-for-refund");
await dialog.getByRole("button", { name: "Ask", exact: true }).click();
await told("Asked.");
await signIn("grace@example.com");
await go("#/admin", "Second factor");
await press(/^Go on without one/);
await heading("Queue");
seen.request = await card("It began late.").textContent();
await look("queue-with-work");
await card("It began late.").getByRole("button", { name: "Grant" }).click();
await page.getByLabel("Why").last().fill("Fair.");
await look("grant");
await dialog.getByRole("button", { name: "Grant" }).click();
seen.granted = await told("Granted.");

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
