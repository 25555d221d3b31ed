// Settings > Plugins: switches and the settings that manifests declare.

import { Button, Form } from "react-bootstrap";
import { GQL } from "../gql.js";
import { patchComponent } from "../patch.js";
import { useSettings } from "../settings-context.jsx";

const Setting = patchComponent("Setting", ({ id, heading, subHeading, children }) => (
  <div className="setting" id={id}>
    <div><h3>{heading}</h3><div className="sub-heading">{subHeading}</div></div>
    <div>{children}</div>
  </div>
));

function Field({ setting, value, onChange }) {
  if (setting.type === "BOOLEAN") return <Form.Switch id={`plugin-${setting.name}`} checked={value ?? false} label="" onChange={() => onChange(!value)} />;
  const number = setting.type === "NUMBER";
  const save = ({ currentTarget }) => onChange(number ? Number(currentTarget.value) : currentTarget.value);
  return <Form.Control aria-label={setting.name} type={number ? "number" : "text"} defaultValue={value ?? ""} onBlur={save} />;
}

const PluginSettings = patchComponent("PluginSettings", ({ pluginID, settings }) => {
  const { plugins, savePluginSettings } = useSettings();
  return (
    <div className="plugin-settings">
      {settings.map((setting) => (
        <Setting key={setting.name} id={`plugin-${pluginID}-${setting.name}`} heading={setting.display_name ?? setting.name} subHeading={setting.description}>
          <Field setting={setting} value={plugins[pluginID]?.[setting.name]}
            onChange={(value) => savePluginSettings(pluginID, { [setting.name]: value })} />
        </Setting>
      ))}
    </div>
  );
});

export default function Settings() {
  const { data } = GQL.usePluginsQuery();
  const [enable] = GQL.useSetPluginsEnabledMutation({ refetchQueries: ["Plugins"] });
  return (
    <div id="settings-page">
      <h1>Plugins</h1>
      {(data?.plugins ?? []).map(({ id, name, version, enabled, settings }) => (
        <div key={id} className="setting-group plugin" data-plugin={id}>
          <h3>{name} {version} <Button size="sm" onClick={() => enable({ variables: { enabledMap: { [id]: !enabled } } })}>{enabled ? "Disable" : "Enable"}</Button></h3>
          {enabled && settings ? <PluginSettings pluginID={id} settings={settings} /> : null}
        </div>
      ))}
    </div>
  );
}
