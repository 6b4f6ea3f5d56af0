/** The document editor as a person uses it. */
import type { Locator, Page } from '@playwright/test';

export const yamlBox = (page: Page): Locator => page.getByRole('textbox', { name: 'YAML' });

/** Pastes over all that stands there: typed text would be indented and closed by the editor. */
export async function writeYaml(page: Page, text: string): Promise<void> {
  const box = yamlBox(page);
  await box.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await box.evaluate((element, pasted) => {
    const data = new DataTransfer();
    data.setData('text/plain', pasted);
    element.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    );
  }, text);
}
