using Microsoft.Extensions.DependencyInjection;
using Modupay.Tenancy;

namespace Modupay;

/// <summary>What every function is made of, built once per process.</summary>
internal sealed class Services(Settings settings, TimeProvider time, Database database, DataKeys dataKeys)
{
    public Settings Settings => settings;
    public TimeProvider Time => time;
    public Database Database => database;
    public FieldCipher Cipher { get; } = new(dataKeys);
    public ApiKeys ApiKeys { get; } = new(database);

    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton(database);
        services.AddSingleton(Cipher);
        services.AddSingleton(ApiKeys);
    }
}
