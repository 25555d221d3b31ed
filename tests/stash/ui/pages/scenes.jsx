import { SceneCard } from "../cards.jsx";
import { GQL } from "../gql.js";
import { List } from "./lists.jsx";

const items = ({ findScenes: { count, scenes } }) => ({ count, list: scenes });

export default function Scenes() {
  return <List title="Scenes" query={GQL.useFindScenesQuery} items={items} card={(scene) => <SceneCard key={scene.id} scene={scene} />} />;
}
