// Lists with a search field and pages.

import { useState } from "react";
import { Button, Form } from "react-bootstrap";
import { LoadingIndicator } from "../app.jsx";

/** A page that lists what `query` finds: `{ loading, error, data }` by `{ filter }`. */
export function List({ title, query, items, card }) {
  const [q, setQ] = useState("");
  const [page, setPage] = useState(1);
  const filter = { q, page, per_page: 40 };
  const { data, error } = query({ variables: { filter } });
  if (error) return <div className="error-message">{error.message}</div>;
  if (!data) return <LoadingIndicator />;
  const { count, list } = items(data);
  return (
    <div className="item-list-container">
      <div className="filtered-list-toolbar d-flex mb-2">
        <h4 className="mr-3">{title}</h4>
        <Form.Control aria-label="Search" className="query-text-field w-auto" value={q} placeholder="Search…"
          onChange={({ currentTarget }) => { setQ(currentTarget.value); setPage(1); }} />
        <Button variant="secondary" disabled={page === 1} onClick={() => setPage(page - 1)}>Previous</Button>
        <span className="filter-container mx-2">{count} found</span>
        <Button variant="secondary" disabled={page * 40 >= count} onClick={() => setPage(page + 1)}>Next</Button>
      </div>
      <div className="grid">{list.map(card)}</div>
    </div>
  );
}
