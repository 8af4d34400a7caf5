/** The view of the settings. */
import { settings } from "../settingsInUse.ts";
import { SettingsForm } from "./parts/SettingsForm.tsx";

export default function SettingsView() {
  return <SettingsForm {...(settings.value && { given: settings.value })} />;
}
