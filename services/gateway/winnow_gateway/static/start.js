// Puts the reference in the place of the plain list, if its script is here.
if (window.Scalar) {
  document.getElementById("plain").remove();
  Scalar.createApiReference("#reference", {
    url: "/openapi.json",
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
    defaultOpenAllTags: false,
    documentDownloadType: "json",
    authentication: { preferredSecurityScheme: "key" },
    theme: "default",
    metaData: { title: "Winnow API" },
    defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  });
}
