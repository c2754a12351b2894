import { call, type Returns } from "../api";
import { h, labelled } from "../dom";
import type { Page } from "../main";

type Instructor = Returns<"search_instructors">[number];
type Service = Returns<"search_services">[number];

/** Who teaches what: an instructor's own lessons, and those that any instructor of the school gives. */
export async function searchPage(query = ""): Promise<Page> {
  const [instructors, services] = await Promise.all([
    call("search_instructors", query ? { p_query: query } : {}),
    call("search_services", {}),
  ]);
  const field = h("input", { type: "search", value: query });
  const search = (event: Event) => {
    event.preventDefault();
    location.hash = `#/${field.value ? `search/${encodeURIComponent(field.value)}` : ""}`;
  };
  return {
    title: "Find lessons",
    content: h(
      "div",
      {},
      h("form", { class: "row", role: "search", onsubmit: search }, labelled("Instructor", field), h("button", {}, "Search")),
      instructors.length === 0 && h("p", {}, "Nobody of that name teaches here."),
      h(
        "ul",
        { class: "cards" },
        ...instructors.map((one) =>
          card(
            one,
            services.filter((service) => isGivenBy(one, service)),
          ),
        ),
      ),
    ),
  };
}

function isGivenBy(instructor: Instructor, service: Service): boolean {
  return service.instructor_id === instructor.id || (service.instructor_id === null && service.org_id === instructor.org_id);
}

function card(instructor: Instructor, services: Service[]): HTMLElement {
  return h(
    "li",
    { class: "card" },
    h("h2", {}, instructor.display_name),
    instructor.bio && h("p", {}, instructor.bio),
    instructor.rating !== null && h("p", {}, `Rated ${instructor.rating} in ${instructor.rating_count} lessons`),
    services.length === 0 && h("p", { class: "soft" }, "No lessons on offer at the moment."),
    h("ul", { class: "plain" }, ...services.map((service) => h("li", {}, offer(instructor, service)))),
  );
}

function offer(instructor: Instructor, service: Service): HTMLElement {
  // The price, with the fee, is a question of its own (quote_booking): the lesson's page asks it.
  const path = ["times", instructor.id, service.id, instructor.display_name].map(encodeURIComponent).join("/");
  return h("a", { href: `#/${path}` }, `${service.title}, ${service.duration_minutes} minutes`);
}
