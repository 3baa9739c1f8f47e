using Amazon.CDK;
using Modupay.Infra;

// The CDK command line starts this program in the folder of cdk.json, the repository's root.
var root = new RepositoryRoot(Directory.GetCurrentDirectory());
var app = new App();
var environment = (string?)app.Node.TryGetContext("env") ?? "dev";
ModupayApp.Build(app, EnvironmentSettings.Read(app.Node, environment), root);
app.Synth();
