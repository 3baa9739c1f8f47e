global using Modupay.Data;
global using Modupay.Kernel;
