import { call, requireSession, type Returns } from "../api";
import { cards, day, h, time } from "../dom";
import { button, did, type Page } from "../main";

/** What the person was told, the latest first; guardians hear what their wards do. */
export async function newsPage(): Promise<Page> {
  await requireSession();
  const news = await call("my_notifications", { p_limit: 50 });
  const read = () => did(call("mark_notifications_read", {}), "All of it is read.");
  return {
    title: "News",
    content: h("div", {}, news.some((one) => !one.read_at) && button("Mark all as read", read), cards(news.map(card), "Nothing yet.")),
  };
}

function card(one: Returns<"my_notifications">[number]): HTMLElement {
  return h("li", { class: "card" },
    h("h2", {}, one.title ?? one.kind.replaceAll("_", " ")),
    h("p", { class: "soft" }, `${day(one.created_at)}, ${time(one.created_at)}`, !one.read_at && h("strong", {}, " · new")),
    h("p", { class: "letter" }, one.body),
  );
}
