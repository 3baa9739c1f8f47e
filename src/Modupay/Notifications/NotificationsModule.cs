using Microsoft.AspNetCore.Routing;
using Modupay.Notifications.Endpoints;

namespace Modupay.Notifications;

/// <summary>The routes of events and webhooks. Other modules come in through <see cref="NotificationsDoor"/>.</summary>
internal static class NotificationsModule
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        CreateWebhookEndpoint.Map(routes);
        GetWebhookEndpoints.Map(routes);
        ChangeWebhookEndpoint.Map(routes);
        RotateWebhookSecret.Map(routes);
        ReplayWebhooks.Map(routes);
        GetEvents.Map(routes);
        GetWebhookDeliveries.Map(routes);
        ResendWebhook.Map(routes);
    }
}
