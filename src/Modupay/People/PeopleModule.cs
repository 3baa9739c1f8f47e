using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Modupay.Notifications.Mail;
using Modupay.People.Endpoints;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>The door of the module: its routes, and what they are made of.</summary>
internal static class PeopleModule
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        LoginEndpoints.Map(routes);
        PasswordEndpoints.Map(routes);
        TotpEndpoints.Map(routes);
        MeEndpoints.Map(routes);
        MemberEndpoints.Map(routes);
        InvitationEndpoints.Map(routes);
        AcceptEndpoints.Map(routes);
        SecuritySettingsEndpoints.Map(routes);
        KeySetEndpoints.Map(routes);
        ErasePerson.Map(routes);
    }

    /// <summary>Everything here works on the whole database and not on a caller's view of it: people are known before anybody is a caller.</summary>
    public static IServiceCollection AddPeople(this IServiceCollection services, Func<PeopleParts> parts)
    {
        var made = new Lazy<PeopleParts>(parts);
        return services
            .AddSingleton(_ => made.Value.Tenants)
            .AddSingleton(_ => made.Value.Users)
            .AddSingleton(_ => made.Value.Keys)
            .AddSingleton(_ => made.Value.Logins)
            .AddSingleton(_ => made.Value.Callers)
            .AddSingleton(_ => made.Value.Ends)
            .AddSingleton(_ => made.Value.Members)
            .AddSingleton(_ => made.Value.Invitations)
            .AddSingleton(_ => made.Value.Acceptances)
            .AddSingleton(_ => made.Value.Resets)
            .AddSingleton(_ => made.Value.SecondFactor)
            .AddSingleton(_ => made.Value.Erasing);
    }
}

/// <summary>The parts of the module, put together by hand.</summary>
internal sealed class PeopleParts
{
    public PeopleParts(Database database, FieldCipher cipher, SigningKeys keys, string issuer, string? publicUrl, Passwords passwords)
    {
        var (links, mails, lockOuts) = (new PeopleLinks(publicUrl), new Mails(cipher), new LockOuts(database, cipher));
        Keys = keys;
        Tenants = new(database);
        Users = new(database, cipher);
        Tokens = new(keys, issuer, database.Time);
        var signIn = new SignIn(database, Users, lockOuts, passwords);
        Logins = new(database, cipher, signIn, Tokens, Tenants);
        Callers = new(database, Tokens, Tenants);
        Ends = new(database, Callers, Tenants);
        Members = new(database, Tenants);
        Invitations = new(database, Users, mails, Tenants, links);
        Acceptances = new(Users, signIn, passwords, Logins, Invitations, database.Time);
        Resets = new(database, Users, signIn, lockOuts, passwords, mails, links, Tenants);
        SecondFactor = new(database, Users, signIn, mails, Tenants);
        Erasing = new(database, cipher, Users, lockOuts, Tenants);
    }

    public OrganizationTenants Tenants { get; }
    public Users Users { get; }
    public SigningKeys Keys { get; }
    public AccessTokens Tokens { get; }
    public Logins Logins { get; }
    public TokenCallers Callers { get; }
    public SessionEnds Ends { get; }
    public Members Members { get; }
    public Invitations Invitations { get; }
    public AcceptInvitations Acceptances { get; }
    public PasswordResets Resets { get; }
    public SecondFactor SecondFactor { get; }
    public ErasePeople Erasing { get; }
}
