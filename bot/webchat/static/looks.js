// The component's colours and measures, by day and by night; contrast is at least 4.5 : 1.
import { clip } from "./files.js";

const DAY = {
  ground: "#f4f7fa", bubble: "#ffffff", text: "#1b2733", soft: "#566272", line: "#d6dee7",
  accent: "#0b5cad", box: "#ffffff", mine: "#0b5cad", hovered: "#e6f0fa", pressed: "#d3e5f7",
};
const NIGHT = {
  ground: "#12171d", bubble: "#212b36", text: "#e8edf3", soft: "#a8b4c2", line: "#2f3a46",
  accent: "#86bdf7", box: "#1a222b", mine: "#1b5fa8", hovered: "#26323e", pressed: "#2f3d4c",
};

/** Returns the component's style options. */
export function looks(dark) {
  const c = dark ? NIGHT : DAY;
  return {
    primaryFont: 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif',
    accent: c.accent,
    subtle: c.soft,
    notificationText: c.soft,
    failedConnectivity: dark ? "#ff9a9a" : "#a80f1c",
    slowConnectivity: dark ? "#ffd479" : "#7a5200",
    timestampColor: c.soft,
    backgroundColor: c.ground,
    paddingRegular: 14,
    paddingWide: 18,
    bubbleMaxWidth: 560,
    bubbleMinHeight: 0,
    bubbleBackground: c.bubble,
    bubbleTextColor: c.text,
    bubbleBorderColor: dark ? "transparent" : c.line,
    bubbleBorderRadius: 14,
    bubbleNubSize: undefined,
    bubbleFromUserBackground: c.mine,
    bubbleFromUserTextColor: "#ffffff",
    bubbleFromUserBorderColor: "transparent",
    bubbleFromUserBorderRadius: 14,
    bubbleFromUserNubSize: undefined,
    sendBoxHeight: 56,
    sendBoxMaxHeight: 160,
    sendBoxTextWrap: true,
    sendBoxBackground: c.box,
    sendBoxTextColor: c.text,
    sendBoxPlaceholderColor: c.soft,
    sendBoxBorderTop: `solid 1px ${c.line}`,
    sendBoxButtonColor: c.accent,
    sendBoxButtonColorOnHover: c.text,
    sendBoxButtonColorOnDisabled: c.soft,
    sendBoxButtonShadeColor: "transparent",
    sendBoxButtonShadeColorOnHover: c.hovered,
    sendBoxButtonShadeColorOnActive: c.pressed,
    sendBoxButtonShadeColorOnDisabled: "transparent",
    sendBoxButtonKeyboardFocusIndicatorBorderColor: c.accent,
    sendBoxButtonKeyboardFocusIndicatorBorderWidth: 3,
    suggestedActionLayout: "flow",
    suggestedActionHeight: 44,
    suggestedActionBackgroundColor: c.box,
    suggestedActionBackgroundColorOnHover: c.hovered,
    suggestedActionBackgroundColorOnActive: c.pressed,
    suggestedActionBorderColor: c.accent,
    suggestedActionBorderRadius: 22,
    suggestedActionTextColor: c.accent,
    suggestedActionTextColorOnHover: c.accent,
    suggestedActionTextColorOnActive: c.accent,
    ...clip,
    groupTimestamp: 60000,
    // How long one sign of life is shown; the connection repeats it while there is work.
    typingAnimationDuration: 4000,
    typingAnimationBackgroundImage: `url("${new URL("typing.svg", import.meta.url)}")`,
    typingAnimationWidth: 60,
    typingAnimationHeight: 34,
    // A message that waits for the connection is sent later, by us: never twice.
    sendTimeout: 24 * 60 * 60 * 1000,
    transcriptVisualKeyboardIndicatorColor: c.accent,
  };
}
