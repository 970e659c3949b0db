import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import LandingPage from "./LandingPage.vue";
import "../../generated/report-dark.css";
import "./style.css";

const theme: Theme = {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component("landing", LandingPage);
  },
};

export default theme;
