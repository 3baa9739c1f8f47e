global using Modupay.Data;
global using Modupay.Kernel;
global using Xunit;
