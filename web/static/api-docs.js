// Starts Swagger UI on /api/v1/docs. A file of its own, because the content security policy allows nothing inline.
SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
