import { PerformerCard } from "../cards.jsx";
import { GQL } from "../gql.js";
import { List } from "./lists.jsx";

const items = ({ findPerformers: { count, performers } }) => ({ count, list: performers });

export default function Performers() {
  return <List title="Performers" query={GQL.useFindPerformersQuery} items={items} card={(performer) => <PerformerCard key={performer.id} performer={performer} />} />;
}
